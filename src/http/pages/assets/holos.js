// Keeps a poll's page up to date: the server says that the poll has changed, and the page is read
// again. Without this script the page is the same, as of its loading.
"use strict";

const live = () => document.getElementById("live");
/** Milliseconds over which the readers of one poll spread their reads after an event. */
const SPREAD = 2000;
/** Milliseconds between two looks where events cannot be had. */
const LOOK = 60000;
const TRIES = 5;
/** What the focus can be on. */
const STOPS = "a[href], summary, [tabindex]";

/** What tells a stop from the others, also on a page that has more of them. */
function name(stop) {
  return stop.id || stop.getAttribute("href") || stop.parentElement.id;
}

/** Which parts the reader had opened, where the focus was, and how far tables were scrolled. */
function place() {
  const open = [...live().querySelectorAll("details[open]")].map((details) => details.id);
  const scrolled = [...live().querySelectorAll(".scroll")].map((table) => [table.id, table.scrollLeft]);
  const focused = live().contains(document.activeElement) && name(document.activeElement);
  return { open, scrolled, focused };
}

function putBack({ open, scrolled, focused }) {
  open.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
  scrolled.forEach(([id, left]) => document.getElementById(id)?.scrollTo(left, 0));
  const stops = focused ? [...live().querySelectorAll(STOPS)] : [];
  stops.find((stop) => name(stop) === focused)?.focus({ preventScroll: true });
}

/** The version of the last event: what a later one overtook is not waited for. */
let newest;

/** Reads the page again; true if it shows this version, or any other than before. */
async function refresh(version) {
  const response = await fetch(location.href, { cache: "no-cache", credentials: "omit" });
  if (!response.ok) return false;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("live");
  if (!fresh || (version && (version !== newest || version !== fresh.dataset.version))) return false;
  const changed = fresh.dataset.version !== live().dataset.version;
  const before = place();
  live().replaceWith(document.adoptNode(fresh));
  putBack(before);
  document.title = page.title;
  // Said once for each version, not for each minute that is left.
  if (changed) document.getElementById("announce").textContent = fresh.dataset.announce;
  return true;
}

/** A cache on the way may still have the page before: it is asked again, ever more rarely. */
async function follow(version, tries = 0) {
  if (version !== newest || live().dataset.version === version) return;
  const read = await refresh(version).catch(() => false);
  if (!read && tries < TRIES) setTimeout(() => follow(version, tries + 1), 3000 * 2 ** tries);
}

/** Looks now and then, as long as more can come. */
function look() {
  if (!live().dataset.events) return;
  if (!document.hidden) refresh().catch(() => {});
  setTimeout(look, LOOK + Math.random() * LOOK);
}

if (live()?.dataset.events && "EventSource" in window) {
  const events = new EventSource(live().dataset.events);
  events.addEventListener("poll", (event) => {
    const { version } = JSON.parse(event.data);
    newest = version;
    setTimeout(async () => {
      await follow(version);
      // The last results are on the page.
      if (!live().dataset.events) events.close();
    }, Math.random() * SPREAD);
  });
  events.addEventListener("error", () => {
    // Refused for good, as when there are too many watchers: the page still looks now and then.
    if (events.readyState === EventSource.CLOSED) setTimeout(look, LOOK);
  });
}
