// The script of every page. The page is whole without it. It never trusts the visitor's clock: ages come from
// the server's Date header, carried on by the browser's steady timer. tools.js and search.js use what
// stands outside of the function.
const $ = q => [...document.querySelectorAll(q)], D = JSON.parse(rw.textContent), S = D.s, L = document.documentElement
const el = id => document.getElementById(id), put = (e, t) => e && (e.textContent = t), fill = (t, v) => t?.replace(/{(\w+)}/g, (_, k) => L.dir == "rtl" ? `\u2068${v[k]}\u2069` : v[k])
;(() => {
const stored = (k, v) => { try { return v === undefined ? localStorage[k] : localStorage[k] = v } catch { return "" } }
// ---- light or dark, my time beside UTC
$(".js").forEach(e => e.classList.remove("js"))
el("theme").onclick = () => {
  const dark = L.dataset.theme ? L.dataset.theme == "dark" : matchMedia("(prefers-color-scheme:dark)").matches
  L.dataset.theme = stored("rwTheme", dark ? "light" : "dark")
}
// With the day only where it is another one than in UTC.
const mine = e => {
  const d = new Date(e.dateTime)
  return new Intl.DateTimeFormat(L.lang, {...d.getDate() != d.getUTCDate() && {day: "numeric", month: "short"}, hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short"}).format(d)
}
// The style shows it behind the UTC, which stays as it is.
const zones = on => {
  el("zone").setAttribute("aria-pressed", on)
  for (const e of $("time")) if (on) e.dataset.mine = mine(e); else delete e.dataset.mine
}
// The visitor's own time as a hint, made when it is asked for.
addEventListener("pointerover", e => {
  const t = e.target.closest?.("time")
  if (t) t.title = fill(S.local, {time: mine(t)})
})
const zoned = () => stored("rwZone") == "mine"
el("zone").onclick = () => zones(stored("rwZone", zoned() ? "utc" : "mine") == "mine")
zones(zoned())
addEventListener("beforeprint", () => $("details").forEach(e => e.open = true))
// ---- the state between builds
if (!D.live) return
const span = s => s < 60 ? fill(S.s, {n: Math.max(0, s | 0)}) : s < 3600 ? fill(S.min, {n: s / 60 | 0}) : s < 86400 ? fill(S.h, {n: s / 3600 | 0}) : fill(S.d, {n: s / 86400 | 0})
const page = document.title, first = el("sentence")?.textContent
let checked = D.checked, overall = D.status, at = 0, mark = 0, wait = 60, last = 0, failed = 0, shown, wasStale = false
// Seconds by the server's clock. Without any answer yet: the least it can be.
const now = () => (at || D.built) + (performance.now() - mark) / 1e3
const clock = t => new Date(t * 1e3).toISOString().slice(now() - t > 86400 ? 0 : 11, 16).replace("T", " ") + " UTC"
// the worst first
const G = Object.keys(D.glyphs)
// Marks of states, and which part one is about: its own word, or that of the row it stands in.
const marks = $(".s[data-c],[data-c] .s,[data-o],[data-f]"), of = e => e.dataset.w || e.closest("[data-c]")?.dataset.c
// A state in shape and word; `was` is told to pointers and screen readers only, so that the word keeps its width.
const paint = (e, status, was) => {
  for (const s of G) e.classList.toggle(s, s == status)
  e.querySelector("use").setAttribute("href", "#" + status)
  put(e.querySelector("span"), S[status] + (of(e) ? "" : ": "))
  e.role = was ? "img" : null
  e.ariaLabel = was
  e.title = was || ""
}
// New text keeps the place of the old: it is set smaller rather than push what stands below.
const hold = (e, text, below) => {
  if (!e || e.textContent == text) return
  const b = e.closest("h1,p,.why"), y = b.style
  y.height ||= b.getBoundingClientRect().height + "px"
  y.overflow = "auto"
  y.fontSize = ""
  put(e, text)
  put(below != null && el("was"), below)
  const size = parseFloat(getComputedStyle(b).fontSize)
  for (let k = 1; b.scrollHeight > b.clientHeight && k > .65; k -= .05) y.fontSize = size * k + "px"
}
// What the build said of each, and what is known now: of another state than that no sentence of the build is left.
const said = $("[data-w]"), markOf = e => marks.find(m => of(m) == of(e))
for (const e of marks) e.now = e.was = G.find(s => e.classList.contains(s))
for (const e of said) e.now = e.was = e.textContent
// The title and the favicon tell the state of what the page is about, also when it is another one than at the build.
// Its mark is the first one there is.
const born = D.title && marks[0].was
const icon = document.querySelector("link[rel=icon]"), drawn = decodeURIComponent(icon.href)
const head = status => {
  document.title = status == born && (!shown || shown == first) ? page : D.title.replace("{mark}", D.glyphs[status][0]).replace("{word}", S[status]).replace(/ ./, c => c.toUpperCase())
  const d = el(status).firstElementChild.getAttribute("d")
  icon.href = "data:image/svg+xml," + encodeURIComponent(drawn.slice(19).replace(/fill='#\w+'/, `fill='${D.glyphs[status][1]}'`).replace(/ d='[^']+'/, ` d='${d}'`))
}
// A sentence of the build says the newer time; one that nothing is left of is hidden, and keeps its place.
const retime = (id, t) => {
  const s = el(id), e = s?.querySelector("time")
  if (e && t) {
    e.dateTime = new Date(t * 1e3).toISOString()
    put(e, clock(t))
  } else if (s) s.style.visibility = "hidden"
}
const apply = j => {
  const t = Date.parse(j.checked_at) / 1e3
  if (!(t > checked)) return
  checked = t
  retime("checked", t)
  retime("next", Date.parse(j.next_expected) / 1e3)
  retime("valid", !D.stale && t + D.limit)
  zones(zoned())
  if (j.overall.status != overall) put(el("say"), fill(S.changed, {sentence: D.other ? S[j.overall.status] : j.overall.sentence}))
  overall = j.overall.status
  for (const e of marks) {
    const id = of(e), c = j.components[id], s = c ? c.regions?.[e.closest("[data-r]")?.dataset.r] || c.status
      : id?.includes("/") ? "" : G.find(s => Object.keys(j.components).some(k => k.startsWith(id + "/") && j.components[k].status == s))
    if (s) e.now = s
    if (e.dataset.o == "") e.now = overall
  }
  shown = D.other ? S[overall] : j.overall.sentence
  for (const e of said) e.now = !D.other && j.components[of(e)]?.sentence || (markOf(e).now == markOf(e).was ? e.was : S[markOf(e).now])
  wasStale = null
}
const tick = () => {
  if (!checked) return
  const age = now() - checked, stale = age > D.limit
  put(el("age"), fill(S.ago, {age: span(now() - (el("age")?.dataset.at || checked))}))
  put(el("live"), failed || !at ? "" : fill(S.refreshed, {time: clock(at)}))
  const old = fill(age > 86400 ? S.none : S.stale, {age: span(age)})
  hold(el("sentence"), stale ? old : shown || first, stale && (shown || !D.stale) ? fill(S.then, {time: clock(checked), sentence: shown || first}) : "")
  put(el("stale"), old)
  if (stale === wasStale) return
  wasStale = stale
  for (const e of $("#stale")) e.hidden = !stale
  for (const e of $(".then")) e.style.visibility = stale || (shown || first) != first ? "hidden" : ""
  for (const e of marks) {
    const s = stale ? "unknown" : e.now
    paint(e, s, e.now != s && of(e) ? fill(S.was, {word: S[e.now], time: clock(checked)}) : null)
    if (born && e == marks[0]) head(s)
  }
  for (const e of said) hold(e, markOf(e).ariaLabel || e.now)
}
const poll = async () => {
  last = performance.now()
  try {
    const r = await fetch(D.live, {cache: "no-store"})
    let date = Date.parse(r.headers.get("date")) + 1e3 * (r.headers.get("age") | 0)
    if (!date) date = Date.parse((await fetch(location.pathname, {method: "HEAD", cache: "no-store"})).headers.get("date"))
    if (date) { at = date / 1e3; mark = performance.now() }
    if (!r.ok) throw 0
    apply(await r.json())
    failed = 0
    wait = 60
  } catch {
    failed = 1
    wait = Math.min(300, wait * 2)
  }
  tick()
}
const look = () => document.visibilityState == "visible" && (performance.now() - last > wait * 1e3 ? poll() : tick())
setInterval(look, 15e3)
document.addEventListener("visibilitychange", look)
poll()
})()
