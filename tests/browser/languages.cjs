// The language: asked for by the browser once, switched by hand, and the page stays the same.
"use strict";

const { within } = require("./browser.cjs");
const { LANGUAGES, POLLS, SITE, at, counterpart, pages } = require("./gallery.cjs");
const { check, same } = require("./report.cjs");

/** Addresses without a language lead to the one that the browser asks for. */
async function chosen() {
  const asked = [
    ["uk-UA,uk;q=0.9,en;q=0.8", "uk"],
    ["en-GB,en;q=0.9", "en"],
    ["de", "uk"],
  ];
  for (const [header, language] of asked) {
    for (const path of ["", `/polls/${POLLS.split}`]) {
      const headers = { "accept-language": header };
      const answer = await fetch(at(path || "/"), { headers, redirect: "manual" });
      const named = `${path || "/"} in "${header}"`;
      same(answer.status, 302, named, "status");
      same(answer.headers.get("location"), `/${language}${path}`, named, "location");
      check(/accept-language/i.test(answer.headers.get("vary")), named, "varies by no language");
    }
  }
}

/** The link to the other language leads to the same page. Where it leads is looked at on every page
 *  among the views; here it is used. */
async function switched(browser) {
  for (const language of LANGUAGES) {
    const [other] = LANGUAGES.filter((each) => each !== language);
    await within(browser, { language, script: false }, async (page, view) => {
      const used = ["list-found", "list-second", "split", "notice"];
      for (const { name, path } of pages(language).filter(({ name }) => used.includes(name))) {
        view.named = `${language}-${name}`;
        await page.goto(at(path));
        const link = page.locator(`nav a[hreflang="${other}"]`);
        const [answer] = await Promise.all([page.waitForNavigation(), link.click()]);
        const reached = page.url().replace(SITE, "");
        same(reached, counterpart(path, language), view.named, "the language link leads to");
        same(answer.status(), 200, view.named, "status in the other language");
        same(await page.getAttribute("html", "lang"), other, view.named, "lang there");
      }
    });
  }
}

/** A browser that asks for a language lands in it. */
async function landed(browser) {
  for (const language of LANGUAGES) {
    await within(browser, { language }, async (page, view) => {
      view.named = `/ in ${language}`;
      await page.goto(at("/"));
      same(page.url(), at(`/${language}`), view.named, "leads to");
    });
  }
}

module.exports = { chosen, landed, switched };
