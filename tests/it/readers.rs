//! Those who read: people with browsers, programs by the API's own description, app teams' clients,
//! and somebody who looks for what is hidden.
//!
//! The programs are other people's; `deploy/test.sh` installs them. Each reads a whole engine.

mod api;
mod browser;
mod gallery;
mod grpc_web;
mod hidden;
mod program;
mod shed;
mod watch;
