// The search over all incidents, without a server: behind script.js in one file, on the one page that has it.
;(() => {
const box = el("search")
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
})()
