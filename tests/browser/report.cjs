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

/** Does a part of the work; what breaks it off is a flaw, and the other parts are done as well. */
async function part(name, work) {
  const begun = Date.now();
  console.log(name);
  try {
    await work();
  } catch (error) {
    flaw(name, `broke off: ${error.stack ?? error}`);
  }
  console.log(`  ${((Date.now() - begun) / 1000).toFixed(1)} s`);
}

/** Ends the program: well only if nothing was found. */
function end() {
  console.log(flaws.length ? `${flaws.length} flaws:` : "no flaws");
  flaws.forEach((line) => console.log(`- ${line}`));
  process.exit(flaws.length ? 1 : 0);
}

module.exports = { check, end, flaw, part, same };
