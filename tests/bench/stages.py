"""Where the processor time of a build goes, stage by stage: `python -m tests.bench.stages ROOT`, JSON on standard output."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from . import content


def main() -> None:
    from generator import outputs, remember, run
    from generator.copies import continuity
    from generator.publish import verify

    root = Path(sys.argv[1]).resolve()
    found: dict[str, float] = {}
    last = time.process_time()
    found["start and imports"] = last

    def took(name: str) -> None:
        nonlocal last
        found[name] = time.process_time() - last
        last = time.process_time()

    setting = run.Setting(root=root, site=root / "site", clock=lambda: float(content.NOW))
    config = run.read_config(setting)
    took("configuration")
    opened = run.open_history(setting, config)
    material = run.read_content(setting, config)
    took("notes, causes, pages")
    past = remember.catch_up(opened.store, config, setting.now, write=False)
    artifacts, _ = continuity.copies(opened, setting.site, setting.now)
    opened.store.close()
    took("history")
    views = run.assess(material, past, setting.now).views
    took("assessing, wording")
    templates = (root / "content" / "theme", *run.template_folders(root))
    made = list(artifacts)
    for name in outputs.names():
        made += outputs.get(name).render(views, templates)
        took(f"output {name}")
    verify.verify_site(made, config.secrets)
    took("verification from scratch")
    feeds = sum(one.path.endswith((".rss", ".atom")) or one.path == "feed.json" for one in made)
    print(json.dumps({"stages": found, "feeds": feeds}))


if __name__ == "__main__":
    main()
