//! Somebody who looks for what is hidden, by every address there is.
