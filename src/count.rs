//! Counting: the way of a ballot from a credential to a sum.
//!
//! 1. [`authenticate`]: who casts it?
//! 2. [`check`]: may that person cast it, here and now?
//! 3. [`deidentify`]: the person becomes a tag.
//! 4. [`ledger`]: who was first; sums, folds, restart.

pub mod authenticate;
pub mod check;
pub mod deidentify;
pub mod ledger;
