// What the local preview adds to a page: reloads it when the site was built anew, shows what is wrong on top of the last
// good page, and lets the editor switch between real and made-up data. Never part of a published site.
(() => {
  const mine = Number(document.currentScript.dataset.build)
  const make = (tag, id, parent) => {
    const found = document.createElement(tag)
    if (id) found.id = id
    parent.append(found)
    return found
  }
  const host = make('div', 'roadworthy-preview', document.body)
  const root = host.attachShadow({ mode: 'open' })
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(`
    :host { all: initial; font: 14px/1.5 system-ui, sans-serif }
    nav { position: fixed; right: 8px; bottom: 8px; z-index: 2147483647; background: #111; color: #fff; padding: 4px 8px;
      border-radius: 6px; opacity: .9 }
    label { margin-right: 6px }
    select, button { font: inherit; color: #111; background: #fff; border: 1px solid #888; border-radius: 4px }
    section { position: fixed; inset: 5vh 5vw auto; max-height: 80vh; overflow: auto; z-index: 2147483646; color: #fff;
      background: #5c0f0f; border: 3px solid #ff9b9b; border-radius: 8px; padding: 12px 20px;
      box-shadow: 0 8px 40px #000a }
    section.soft { background: #4a3a00; border-color: #ffd34d; inset: auto 8px 52px auto; max-width: 60vw }
    h2 { font-size: 16px; margin: 0 0 8px }
    ul { margin: 0; padding-left: 18px } li { font-family: ui-monospace, monospace; white-space: pre-wrap }
  `)
  root.adoptedStyleSheets = [sheet]
  const bar = make('nav', 'bar', root)
  bar.setAttribute('aria-label', 'Preview')
  const label = make('label', '', bar)
  label.textContent = 'Preview with '
  const choice = make('select', 'data', label)
  choice.onchange = () => fetch('/__show/' + choice.value)
  const soft = make('button', 'soft', bar)
  soft.hidden = true
  let open = false
  soft.onclick = () => { open = !open; paint(last) }
  let last = null

  const list = (title, lines, kind) => {
    const box = make('section', kind, root)
    box.className = kind
    box.setAttribute('role', kind === 'errors' ? 'alert' : 'status')
    make('h2', '', box).textContent = title
    const all = make('ul', '', box)
    for (const line of lines) make('li', '', all).textContent = line
  }
  const paint = news => {
    last = news
    if (!choice.options.length) for (const kind of news.kinds) choice.add(new Option(kind === 'real' ? 'the real history' : 'made-up data: ' + kind, kind))
    choice.value = news.kind
    for (const box of root.querySelectorAll('section')) box.remove()
    if (news.errors.length) list(`Not built: ${news.errors.length} ${news.errors.length > 1 ? 'errors' : 'error'}. This is the last good page.`, news.errors, 'errors')
    soft.hidden = !news.warnings.length
    soft.textContent = `${news.warnings.length} ${news.warnings.length > 1 ? 'warnings' : 'warning'}`
    if (open && news.warnings.length) list('Worth a look', news.warnings, 'soft')
    host.dataset.build = news.build
    host.dataset.errors = news.errors.length
  }
  const source = new EventSource('/__live')
  source.onmessage = event => {
    const news = JSON.parse(event.data)
    // The server may have been started anew and count from one again: any other number is another build.
    if (news.build !== mine && news.build > 0) { source.close(); location.reload() } else paint(news)
  }
})()
