// What there is to look at: the pages of the gallery that the test has started, by name.
"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const readline = require("node:readline");

const { HOLOS_PAGES: SITE, HOLOS_POLLS, HOLOS_SCREENSHOTS } = process.env;
const POLLS = JSON.parse(HOLOS_POLLS);
const LANGUAGES = ["uk", "en"];

/** Where pictures of the pages go. */
const PICTURES = HOLOS_SCREENSHOTS || fs.mkdtempSync(path.join(os.tmpdir(), "holos-pages-"));
fs.mkdirSync(PICTURES, { recursive: true });

/** Has the form of a poll's identifier, and is none. */
const NO_POLL = "01a19b0e-c980-73bf-a242-000000000000";
/** Not public: its page must be that of what does not exist. */
const SECRET = "filed";

/** Every page: its name, its path below the language, and the status of its answer. */
function pages(language) {
  const word = { uk: "району", en: "district" }[language];
  const page = (name, path, status = 200) => ({ name, path: `/${language}${path}`, status });
  const polls = Object.keys(POLLS).filter((name) => name !== SECRET);
  return [
    page("list", ""),
    page("list-open", "?state=open"),
    page("list-upcoming", "?state=upcoming"),
    page("list-closed", "?state=closed"),
    page("list-found", `?state=upcoming&q=${encodeURIComponent(word)}`),
    page("list-nothing", "?q=zzz"),
    page("list-second", "?page=2"),
    page("list-flawed", "?state=soon"),
    ...polls.map((name) => page(name, `/polls/${POLLS[name]}`)),
    page("notice", `/polls/${POLLS.split}/notice`),
    page("about", "/about"),
    page("accessibility", "/accessibility"),
    page("nowhere", "/nowhere", 404),
    page("secret", `/polls/${POLLS[SECRET]}`, 404),
  ];
}

/** The path of a page in the other language; for what is not there, that of the list. */
function counterpart(path, language, status = 200) {
  const [other] = LANGUAGES.filter((each) => each !== language);
  return status === 200 ? path.replace(`/${language}`, `/${other}`) : `/${other}`;
}

/** The address of a page. */
const at = (path) => `${SITE}${path}`;

/** The address of a poll's page. */
const poll = (language, name) => at(`/${language}/polls/${POLLS[name]}`);

/** What the API says. */
async function api(path) {
  const answer = await fetch(at(`/api/v1${path}`));
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

const said = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Has the next release of the live poll made; returns when it is published. */
async function release() {
  console.log("release!");
  const { value } = await said.next();
  if (value !== "released") throw new Error(`"released" was expected, not ${value}`);
}

module.exports = {
  LANGUAGES, NO_POLL, PICTURES, POLLS, SECRET, SITE, api, at, counterpart, pages, poll, release,
};
