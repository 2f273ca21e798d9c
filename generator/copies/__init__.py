"""Every copy of history outside the store: on the site, on a git branch, as files a person takes along."""
