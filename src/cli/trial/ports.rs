//! The ports of a trial: fixed ones, so that what is written down about a trial can be typed.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use anyhow::{Context, bail};

use crate::process::config::Listen;

/// The first port of a trial unless another one is asked for. Below the ports that systems give to
/// connections, so that none of those takes it.
pub(in crate::cli) const BASE: u16 = 18_140;
/// The listeners, each one port above the one before.
const LISTENERS: u16 = 4;

/// Where the listeners of a trial are.
#[derive(clap::Args, Clone, Copy)]
pub(in crate::cli) struct Ports {
    /// Port of the ingest listener on 127.0.0.1; staff, public and admin have the next three. 0
    /// takes four free ones [default: 18140, or those that the folder has]
    #[arg(long = "port-base", value_name = "PORT", env = "HOLOS_TRIAL_PORT_BASE", value_parser = base)]
    pub(in crate::cli) base: Option<u16>,
}

fn base(text: &str) -> Result<u16, String> {
    let base = text.parse().map_err(|_| "not a port")?;
    let last = u16::MAX - (LISTENERS - 1);
    if base > last { Err(format!("at most {last}")) } else { Ok(base) }
}

impl Ports {
    /// The addresses that were asked for, or the documented ones.
    pub(in crate::cli) fn listen(self) -> anyhow::Result<Listen> {
        let [ingest, staff, public, admin] = match self.base.unwrap_or(BASE) {
            0 => free()?,
            base => std::array::from_fn(|at| loopback(base + u16::try_from(at).expect("four"))),
        };
        Ok(Listen { ingest, staff, public, admin, ..Listen::default() })
    }
}

/// Whether all four can be bound.
pub(in crate::cli) fn check(listen: &Listen) -> anyhow::Result<()> {
    for address in [listen.ingest, listen.staff, listen.public, listen.admin] {
        if let Err(error) = TcpListener::bind(address) {
            bail!(
                "{address} cannot be used: {error}: is another trial running? --port-base PORT moves \
                 all four ports"
            );
        }
    }
    Ok(())
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Four free ports. Another process may take one before the engine does; then the start says so.
fn free() -> anyhow::Result<[SocketAddr; LISTENERS as usize]> {
    let bind = || TcpListener::bind(loopback(0)).context("no free port");
    // All bound at once, so that they differ.
    let bound = [bind()?, bind()?, bind()?, bind()?];
    let mut addresses = [loopback(0); LISTENERS as usize];
    for (address, listener) in addresses.iter_mut().zip(&bound) {
        *address = listener.local_addr()?;
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ports_of_a_trial_are_documented_and_can_be_moved() {
        let ports = |base| {
            let listen = Ports { base }.listen().unwrap();
            [listen.ingest, listen.staff, listen.public, listen.admin].map(|a| a.port())
        };
        assert_eq!(ports(None), [18_140, 18_141, 18_142, 18_143]);
        assert_eq!(ports(Some(65_532)), [65_532, 65_533, 65_534, 65_535]);
        assert!(base("65533").is_err() && base("x").is_err());
        let mut free = ports(Some(0));
        free.sort_unstable();
        assert!(free[0] > 0 && free.array_windows().all(|[one, next]| one < next));
    }

    #[test]
    fn a_taken_port_is_named_with_what_to_do() {
        let taken = TcpListener::bind(loopback(0)).unwrap();
        let address = taken.local_addr().unwrap();
        let listen = Listen { public: address, ..Ports { base: Some(0) }.listen().unwrap() };
        let told = check(&listen).unwrap_err().to_string();
        assert!(told.contains(&address.to_string()) && told.contains("--port-base"), "{told}");
        drop(taken);
        check(&listen).unwrap();
    }
}
