// What some pages offer beside the state: lines to copy, checks to try, a search over all incidents. On those pages it
// stands behind script.js in one file, and uses what that has on top. The pages are whole without it.
;(() => {
if (navigator.clipboard) for (const e of $("[data-copy]")) {
  const b = document.createElement("button"), c = e.firstElementChild, name = S.copy + (c.href ? " " + c.textContent : "")
  b.type = "button"
  b.className = "copy"
  b.ariaLive = "polite"
  put(b, name)
  b.onclick = () => navigator.clipboard.writeText(c.href || c.textContent.trim()).then(() => { put(b, S.copied); b.classList.add("done") })
  b.onblur = () => { put(b, name); b.classList.remove("done") }
  e.append(b)
}
for (const b of $("[data-try]")) {
  b.onclick = async () => {
    const out = b.nextElementSibling, began = performance.now(), time = () => fill(S.ms, {n: Math.round(performance.now() - began)})
    put(out, S.asking)
    try {
      const r = await fetch(b.dataset.try, {cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer", signal: AbortSignal.timeout(15e3)})
      put(out, fill(S.reached, {status: r.status, time: time()}))
    } catch { put(out, fill(S.unreached, {time: time()})) }
  }
}
// ---- search over all incidents, without a server
const box = el("search")
if (box) {
  let rows
  const q = el("q"), where = el("where"), how = el("how"), base = box.dataset.index.replace(/history\/index\.json$/, "")
  const show = async () => {
    const on = q.value.trim() || where.value || how.value
    el("months").hidden = !!on
    el("results").replaceChildren()
    put(el("count"), "")
    if (!on) return
    rows ||= (await (await fetch(box.dataset.index)).json()).incidents
    const words = q.value.toLowerCase().split(/\s+/)
    const hits = rows.filter(r => (!where.value || r.components.includes(where.value)) && (!how.value || r.impact == how.value) && words.every(w => r.text.includes(w)))
    put(el("count"), fill(S.found, {n: hits.length}))
    el("results").append(...hits.slice(0, 200).map(r => {
      const li = document.createElement("li"), a = document.createElement("a"), m = document.createElement("span")
      li.className = "line"
      m.className = "meta"
      a.href = base + r.url
      put(a, r.title)
      put(m, r.started.slice(0, 10))
      li.append(a, m)
      return li
    }))
  }
  q.oninput = where.onchange = how.onchange = show
}
})()
