// The browser, and a window of it that is watched: what it loads, logs and keeps.
"use strict";

const { chromium } = require("playwright-core");

const { SITE } = require("./gallery.cjs");
const { attempt, check, flaw } = require("./report.cjs");

/** As Debian installs it. */
const CHROMIUM = "/usr/bin/chromium";
const HEIGHT = 800;

/** Starts the browser, and keeps it from looking for news of its own. */
function start() {
  const quiet = ["background-networking", "component-update", "sync"];
  const args = ["--no-sandbox", "--disable-gpu", ...quiet.map((name) => `--disable-${name}`)];
  return chromium.launch({ executablePath: CHROMIUM, args });
}

/**
 * A page in a window of its own. `named` names what it shows, for flaws: whatever the page logs,
 * asks elsewhere, fails to load or keeps is one. `expected` are parts of addresses whose failure
 * belongs to a check.
 */
async function open(browser, { width = 1100, height = HEIGHT, dark, script = true, language = "uk",
  expected = [] } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    javaScriptEnabled: script,
    locale: { uk: "uk-UA", en: "en-GB" }[language],
  });
  const page = await context.newPage();
  const view = { context, page, named: "a page" };
  const isExpected = (address) => expected.some((part) => address.includes(part));
  context.on("console", (message) => {
    const { url } = message.location();
    // The browser logs that a page is not there; that it is not is checked where it is opened.
    const missing = /status of 404/.test(message.text()) && url === page.url();
    if (!missing && !isExpected(url)) flaw(view.named, `logged "${message.text()}"`);
  });
  context.on("weberror", (error) => flaw(view.named, `threw ${error.error()}`));
  context.on("request", (request) => {
    const address = request.url();
    const own = address.startsWith(`${SITE}/`) || address === "about:blank";
    check(own, view.named, `asked another host: ${address}`);
  });
  context.on("requestfailed", (request) => {
    const { errorText } = request.failure();
    // Given up by the browser itself as it leaves the page: a stream of events, or the icon.
    const left = errorText === "net::ERR_ABORTED";
    if (!left && !isExpected(request.url())) {
      flaw(view.named, `could not load ${request.url()}: ${errorText}`);
    }
  });
  context.on("response", (response) => {
    const isPage = response.request().isNavigationRequest();
    if (!isPage && !isExpected(response.url())) {
      check(response.status() < 400, view.named, `${response.status()} from ${response.url()}`);
    }
  });
  view.close = async () => {
    const kept = await context.storageState({ indexedDB: true });
    const nothing = !kept.cookies.length && !kept.origins.length;
    check(nothing, view.named, `kept ${JSON.stringify(kept)}`);
    await context.close();
  };
  return view;
}

/** Works with a page in a window of its own, and closes that. */
async function within(browser, options, work) {
  const view = await open(browser, options);
  const done = await attempt(() => view.named, () => work(view.page, view));
  await view.close();
  return done;
}

module.exports = { open, start, within };
