/* Shows the state of a Roadworthy page on any other page:
 *
 *   <roadworthy-status component="PLATFORM/COMPONENT"><a href="HOME">Status</a></roadworthy-status>
 *   <script src="HOME/embed.js" async></script>
 *
 * Without `component` it shows the whole page. Sends nothing but a request for live.json, sets no cookie, and never
 * shows an old answer as a new one: after `stale_after`, or when nothing can be loaded, the state is unknown.
 */
(() => {
  "use strict";
  const SITE = {/* filled in by the generator: home, live, words, texts */};
  const source = document.currentScript ? document.currentScript.src : location.href;
  const here = new URL("./", source).href; // a mirror answers for itself
  const home = SITE.home || here;
  const live = new URL(SITE.live || "live.json", here).href;
  const MARKS = {
    operational: "●", degraded_performance: "▲", partial_outage: "◆",
    major_outage: "✖", under_maintenance: "■", unknown: "?",
  };
  const STYLE = `
    :host { display: block; font: 15px/1.4 system-ui, sans-serif; color: #1c2128; color-scheme: light dark; }
    a { display: flex; gap: .6em; padding: .6em .8em; border: 1px solid #8c94a0; border-radius: .5em;
        background: #fff; color: inherit; text-decoration: none; }
    a:focus-visible { outline: 3px solid #2b62b8; outline-offset: 2px; }
    .mark { font-weight: 700; color: var(--tone); }
    strong { display: block; }
    small { display: block; color: #4d5562; overflow-wrap: anywhere; }
    .operational { --tone: #1a7f45; } .degraded_performance { --tone: #8a6100; } .partial_outage { --tone: #b04a00; }
    .major_outage { --tone: #b3261e; } .under_maintenance { --tone: #2b62b8; } .unknown { --tone: #5c6470; }
    @media (prefers-color-scheme: dark) {
      :host { color: #e6e9ee; }
      a { background: #16191f; border-color: #545d6a; }
      small { color: #aab2bd; }
      .operational { --tone: #5fd08c; } .degraded_performance { --tone: #e5b93c; }
      .partial_outage { --tone: #f5945a; } .major_outage { --tone: #ff8a80; } .under_maintenance { --tone: #8ab4ff; }
      .unknown { --tone: #aab2bd; }
    }`;

  const text = (parent, tag, words) => {
    const element = document.createElement(tag);
    element.textContent = words;
    parent.append(element);
    return element;
  };

  /* What the answer says of one component, or of the whole page, at the moment `now` (milliseconds). */
  const read = (answer, component, now) => {
    const asOf = answer.checked_at ? `${SITE.texts.as_of} ${answer.checked_at.slice(0, 16).replace("T", " ")} UTC` : "";
    const old = !answer.stale_after || now > Date.parse(answer.stale_after);
    const part = component ? (answer.components || {})[component] : answer.overall;
    if (old || !part) return { status: "unknown", sentence: old ? SITE.texts.old : "", asOf };
    return { status: part.status in MARKS ? part.status : "unknown", sentence: part.sentence || "", asOf };
  };

  const show = (root, element, state) => {
    const link = document.createElement("a");
    link.href = home;
    if (element.hasAttribute("framed")) { link.target = "_blank"; link.rel = "noopener"; }
    link.className = state.status;
    const mark = text(link, "span", MARKS[state.status]);
    mark.className = "mark";
    mark.setAttribute("aria-hidden", "true");
    const words = text(link, "span", "");
    text(words, "strong", [element.getAttribute("label"), SITE.words[state.status]].filter(Boolean).join(": "));
    for (const line of [state.sentence, state.asOf]) if (line) text(words, "small", line);
    if (root.textContent !== link.textContent) root.replaceChildren(link);
  };

  const load = async () => {
    const response = await fetch(live, { cache: "no-cache", credentials: "omit" });
    if (!response.ok) throw new Error(`live.json: ${response.status}`);
    const answer = await response.json();
    /* The visitor's clock may be wrong: where the host lets us read its clock, that one counts. */
    const said = Date.parse(response.headers.get("date") || "");
    return [answer, Number.isNaN(said) ? Date.now() : Math.max(said, Date.now() - 86400000)];
  };

  class RoadworthyStatus extends HTMLElement {
    connectedCallback() {
      if (!this.root) {
        this.root = this.attachShadow({ mode: "open" });
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(STYLE);
        this.root.adoptedStyleSheets = [sheet];
        text(this.root, "slot", "");
        this.setAttribute("role", "status");
      }
      this.refresh();
      this.seen = () => { if (!document.hidden) this.refresh(); };
      document.addEventListener("visibilitychange", this.seen);
    }

    disconnectedCallback() {
      clearTimeout(this.timer);
      document.removeEventListener("visibilitychange", this.seen);
    }

    async refresh() {
      clearTimeout(this.timer);
      const asked = this.hasAttribute("framed") ? new URLSearchParams(location.search).get("component") : null;
      let seconds = 300;
      try {
        const [answer, now] = await load();
        seconds = Math.max(60, Number(answer.interval) || 300);
        show(this.root, this, read(answer, asked || this.getAttribute("component"), now));
      } catch {
        show(this.root, this, { status: "unknown", sentence: SITE.texts.unreachable, asOf: "" });
      }
      if (!document.hidden && this.isConnected) this.timer = setTimeout(() => this.refresh(), seconds * 1000);
    }
  }

  if (!customElements.get("roadworthy-status")) customElements.define("roadworthy-status", RoadworthyStatus);
})();
