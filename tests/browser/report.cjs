// What was found wrong: gathered until the end, so that one run tells of everything.
"use strict";

const flaws = [];

/** A flaw, named by the page and the condition that it breaks. */
function flaw(page, said) {
  const line = `${page}: ${said}`;
  // Many views of one page tell of the same: it is read once.
  if (flaws.includes(line)) return;
  flaws.push(line);
  console.log(`  FLAW ${line}`);
}

/** Tells of a flaw unless the condition holds; whether it does. */
function check(holds, page, said) {
  if (!holds) flaw(page, said);
  return Boolean(holds);
}

/** Tells of a flaw unless both are the same. */
function same(found, wanted, page, said) {
  const [left, right] = [found, wanted].map((value) => JSON.stringify(value));
  return check(left === right, page, `${said}: ${left} instead of ${right}`);
}

/** Does some work; what breaks it off is a flaw of what it is named by then, and the rest is done as
 *  well. */
async function attempt(name, work) {
  try {
    return await work();
  } catch (error) {
    return flaw(name(), `broke off: ${error.stack ?? error}`);
  }
}

/** Does a part of the work, and tells how long it took. */
async function part(name, work) {
  const begun = Date.now();
  console.log(name);
  await attempt(() => name, work);
  console.log(`  ${((Date.now() - begun) / 1000).toFixed(1)} s`);
}

/** Ends the program: well only if nothing was found. */
function end() {
  console.log(flaws.length ? `${flaws.length} flaws:` : "no flaws");
  flaws.forEach((line) => console.log(`- ${line}`));
  process.exit(flaws.length ? 1 : 0);
}

module.exports = { attempt, check, end, flaw, part, same };
