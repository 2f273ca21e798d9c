// What some pages offer beside the state: lines to copy, checks to try. On those pages it stands behind script.js in one
// file, and uses what that has on top. The pages are whole without it.
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
})()
