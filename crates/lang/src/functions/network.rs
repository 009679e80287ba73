//! Functions of IP addresses and networks.

use std::net::{Ipv4Addr, Ipv6Addr};

use terrane_value::{Number, Type, Value};

use super::call::Call;
use super::signature::{a_bool, a_string, strings};
use super::{ArgError, Function, Param};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("cidrcontains", &[CONTAINING, CONTAINED], a_bool, cidrcontains).nullable(),
    Function::new("cidrhost", &[PREFIX, Param::number("hostnum")], a_string, cidrhost),
    Function::new("cidrnetmask", &[PREFIX], a_string, cidrnetmask),
    Function::new("cidrsubnet", &[PREFIX, NEWBITS, Param::number("netnum")], a_string, cidrsubnet),
    Function::new("cidrsubnets", &[PREFIX], strings, cidrsubnets).variadic(NEWBITS),
];

const PREFIX: Param = Param::string("prefix");
const NEWBITS: Param = Param::number("newbits");
const CONTAINING: Param = Param::string("containing_prefix");
const CONTAINED: Param = Param::string("contained_ip_or_prefix");

/// Greatest number of bits by which `cidrsubnets` extends a prefix.
const MOST_BITS: u32 = 32;

/// The two kinds of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    V4,
    V6,
}

impl Family {
    fn bits(self) -> u32 {
        match self {
            Family::V4 => 32,
            Family::V6 => 128,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Family::V4 => "IPv4",
            Family::V6 => "IPv6",
        }
    }

    /// An address as text. Addresses of IPv4 that are written as ones of IPv6 are shown as what they are.
    fn show(self, address: u128) -> String {
        match self {
            Family::V4 => Ipv4Addr::from(address as u32).to_string(),
            Family::V6 => {
                let address = Ipv6Addr::from(address);
                address.to_ipv4_mapped().map_or_else(|| address.to_string(), |v4| v4.to_string())
            }
        }
    }
}

/// A range of addresses: those that have the first `length` bits of `address`, of which the others are 0.
#[derive(Clone, Copy, Debug)]
struct Network {
    family: Family,
    address: u128,
    length: u32,
}

impl Network {
    fn new(family: Family, address: u128, length: u32) -> Network {
        Network { family, address: address & !host_bits(family.bits() - length), length }
    }

    /// Reads `10.0.0.0/8`; bits of hosts are dropped.
    fn parse(text: &str) -> Result<Network, String> {
        let (address, length) = text.split_once('/').ok_or("it has no prefix length, as in 10.0.0.0/8")?;
        let (family, address) = parse_address(address).ok_or("the part before / is no IP address")?;
        let digits = !length.is_empty() && length.len() <= 3 && length.bytes().all(|b| b.is_ascii_digit());
        match length.parse() {
            Ok(length) if digits && length <= family.bits() => Ok(Network::new(family, address, length)),
            _ => Err(format!("the prefix length of {} is a number up to {}", family.name(), family.bits())),
        }
    }

    fn last(self) -> u128 {
        self.address | host_bits(self.family.bits() - self.length)
    }

    fn contains(self, address: u128) -> bool {
        (self.address..=self.last()).contains(&address)
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.family.show(self.address), self.length)
    }
}

/// So many ones at the end.
fn host_bits(count: u32) -> u128 {
    1u128.checked_shl(count).map_or(u128::MAX, |next| next - 1)
}

/// Reads an address; zeros before a number of IPv4 mean nothing.
fn parse_address(text: &str) -> Option<(Family, u128)> {
    if text.contains(':') {
        return Some((Family::V6, text.parse::<Ipv6Addr>().ok()?.into()));
    }
    let octet = |part: &str| match part.bytes().all(|b| b.is_ascii_digit()) {
        true => part.parse::<u8>().ok(),
        false => None,
    };
    let octets = text.split('.').map(octet).collect::<Option<Vec<u8>>>()?;
    let octets: [u8; 4] = octets.try_into().ok()?;
    Some((Family::V4, u32::from_be_bytes(octets).into()))
}

fn network(call: &Call<'_>, at: usize) -> Result<Network, ArgError> {
    let text = call.text(at);
    Network::parse(text).map_err(|why| ArgError::at(at, format!("{} is no network: {why}", call.shown(text))))
}

/// A whole number; `None` if it is one, but too large to be of use.
fn whole(call: &Call<'_>, at: usize) -> Result<Option<i128>, ArgError> {
    let number: &Number = call.number(at);
    let digits = number
        .to_radix(10)
        .ok_or_else(|| ArgError::at(at, format!("a whole number is required, not {number}")).revealing())?;
    Ok(digits.parse().ok())
}

fn cidrhost(call: &Call<'_>) -> Result<Value, ArgError> {
    let network = network(call, 0)?;
    let count = host_bits(network.family.bits() - network.length);
    let host = whole(call, 1)?.and_then(|number| match u128::try_from(number) {
        Ok(host) => Some(host).filter(|host| *host <= count),
        Err(_) => count.checked_sub(number.unsigned_abs() - 1),
    });
    match host {
        Some(host) => Ok(network.family.show(network.address | host).into()),
        None => {
            let (length, number) = (network.length, call.number(1));
            let message = format!("a network with a prefix of {length} bits has no host with number {number}");
            Err(ArgError::at(1, message).revealing())
        }
    }
}

fn cidrnetmask(call: &Call<'_>) -> Result<Value, ArgError> {
    let network = network(call, 0)?;
    match network.family {
        Family::V4 => Ok(Family::V4.show(!host_bits(32 - network.length)).into()),
        Family::V6 => Err(ArgError::at(0, format!("networks of IPv6 have no netmask: {}", call.shown(call.text(0))))),
    }
}

fn cidrsubnet(call: &Call<'_>) -> Result<Value, ArgError> {
    let network = network(call, 0)?;
    let new_bits = new_bits(call, 1, network)?;
    let Some(subnet) = whole(call, 2)?.and_then(|n| u128::try_from(n).ok()).filter(|n| *n <= host_bits(new_bits))
    else {
        let message = format!("{new_bits} new bits make no subnet with number {}", call.number(2));
        return Err(ArgError::at(2, message).revealing());
    };
    let length = network.length + new_bits;
    let offset = subnet.checked_shl(network.family.bits() - length).unwrap_or(0);
    Ok(Network::new(network.family, network.address | offset, length).to_string().into())
}

/// By how many bits a prefix is to be extended: not beyond the length of an address.
fn new_bits(call: &Call<'_>, at: usize, network: Network) -> Result<u32, ArgError> {
    let given = call.integer(at)?;
    let room = network.family.bits() - network.length;
    u32::try_from(given).ok().filter(|bits| *bits <= room).ok_or_else(|| {
        let (length, family) = (network.length, network.family.name());
        let message =
            format!("a prefix of {length} bits can be extended by 0 to {room} bits in {family}, not by {given}");
        ArgError::at(at, message).revealing()
    })
}

/// Subnets one after the other, each at the first place where its size allows it.
fn cidrsubnets(call: &Call<'_>) -> Result<Value, ArgError> {
    let network = network(call, 0)?;
    let mut next = Some(network.address);
    let mut subnets = Vec::with_capacity(call.args.len() - 1);
    for at in 1..call.args.len() {
        let bits = new_bits(call, at, network)?;
        if bits == 0 || bits > MOST_BITS {
            return Err(ArgError::at(at, format!("the prefix must be extended by 1 to {MOST_BITS} bits")));
        }
        let length = network.length + bits;
        let hosts = host_bits(network.family.bits() - length);
        let start = next.and_then(|next| next.checked_add(hosts)).map(|end| end & !hosts);
        let Some(start) = start.filter(|start| network.contains(*start)) else {
            let message = format!("there is no room left in the network for a subnet with a prefix of {length} bits");
            return Err(ArgError::at(at, message));
        };
        let subnet = Network::new(network.family, start, length);
        next = subnet.last().checked_add(1);
        subnets.push(Value::from(subnet.to_string()));
    }
    Ok(Value::list(Type::String, subnets))
}

fn cidrcontains(call: &Call<'_>) -> Result<Value, ArgError> {
    let containing = network(call, 0)?;
    let text = call.text(1);
    let (family, first, last) = match (parse_address(text), Network::parse(text)) {
        (Some((family, address)), _) => (family, address, address),
        (None, Ok(network)) => (network.family, network.address, network.last()),
        (None, Err(_)) => {
            return Err(ArgError::at(1, format!("{} is neither an IP address nor a network", call.shown(text))));
        }
    };
    if family != containing.family {
        let (this, other) = (family.name(), containing.family.name());
        return Err(ArgError::at(1, format!("an address of {this} cannot be compared with a network of {other}")));
    }
    Ok((containing.contains(first) && containing.contains(last)).into())
}
