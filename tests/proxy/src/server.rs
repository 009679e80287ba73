//! The proxy itself: connections, the log of calls, and what faults do to a connection.

use crate::call::Call;
use crate::fault::{Fault, Rule};
use crate::http::{Request, Response, encode_response, read_request, wants_close};
use crate::memory::Memory;
use crate::quotas::Quotas;
use crate::realism::World;
use crate::upstream::Upstream;
use crate::{answer, http};
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// A running proxy; it stops when dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// A call and how it ended.
#[derive(Clone, Debug)]
pub struct Record {
    /// The call.
    pub call: Call,
    /// Status answered; `None` while under way and when the connection was broken instead.
    pub status: Option<u16>,
    /// Fault met.
    pub fault: Option<Fault>,
    /// When it came.
    pub since: Instant,
    /// How long it took to answer.
    pub took: Option<Duration>,
}

struct Shared {
    world: World,
    log: Mutex<Vec<Record>>,
    rules: Mutex<Vec<Rule>>,
    quotas: Quotas,
    memory: Memory,
    distance: Mutex<Duration>,
    connections: Mutex<HashMap<u64, TcpStream>>,
    connected: AtomicU64,
    stopping: AtomicBool,
}

impl Proxy {
    /// Starts a proxy on a free loopback port before the emulator at `upstream`.
    pub fn start(upstream: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            world: World::new(Upstream(upstream)),
            log: Mutex::default(),
            rules: Mutex::default(),
            quotas: Quotas::default(),
            memory: Memory::default(),
            distance: Mutex::default(),
            connections: Mutex::default(),
            connected: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, &accepting));
        Ok(Self { address, shared })
    }

    /// Returns the URL at which it takes calls.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Replaces the rules for faults.
    pub fn set_rules(&self, rules: Vec<Rule>) {
        *lock(&self.shared.rules) = rules;
    }

    /// Limits calls from now on as AWS does, from full buckets.
    pub fn enforce_quotas(&self) {
        self.shared.quotas.enforce();
    }

    /// Keeps answers to reading calls from now on, so that the emulator's own time does not count.
    pub fn keep_answers(&self) {
        self.shared.memory.begin();
    }

    /// Lets every call take so much longer from now on.
    pub fn move_away(&self, distance: Duration) {
        *lock(&self.shared.distance) = distance;
    }

    /// Returns the calls so far, in order.
    pub fn calls(&self) -> Vec<Record> {
        lock(&self.shared.log).clone()
    }

    /// Counts the calls whose `service:Action` matches `pattern`, in which `*` stands for any text.
    pub fn count(&self, pattern: &str) -> usize {
        lock(&self.shared.log).iter().filter(|record| crate::fault::matches(pattern, &record.call.name())).count()
    }

    /// Forgets the calls so far; numbering starts again.
    pub fn forget_calls(&self) {
        lock(&self.shared.log).clear();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // Both only wake threads that then see `stopping` or a closed stream.
        let _ = TcpStream::connect(self.address);
        for stream in lock(&self.shared.connections).values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// What a client sees of a call.
enum Outcome {
    Answer(Response),
    Cut(Response, usize),
    Reset,
    Silence,
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            let id = shared.connected.fetch_add(1, Ordering::Relaxed);
            if let Ok(copy) = stream.try_clone() {
                lock(&shared.connections).insert(id, copy);
            }
            // A client that breaks its connection ends only that.
            let _ = shared.serve(stream);
            lock(&shared.connections).remove(&id);
        });
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut stream = Duplex(BufReader::new(stream));
        while let Some(request) = read_request(&mut stream)? {
            match self.handle(&request) {
                Outcome::Answer(response) => stream.write_all(&encode_response(&response, &request.method))?,
                Outcome::Cut(response, length) => {
                    let bytes = encode_response(&response, &request.method);
                    return stream.write_all(&bytes[..length.min(bytes.len())]);
                }
                Outcome::Reset => return socket2::SockRef::from(stream.0.get_ref()).set_linger(Some(Duration::ZERO)),
                Outcome::Silence => return io::copy(&mut stream, &mut io::sink()).map(drop),
            }
            if wants_close(&request) {
                break;
            }
        }
        Ok(())
    }

    fn handle(&self, request: &Request) -> Outcome {
        let (call, place) = self.enter(Call::of(request));
        let fault = lock(&self.rules).iter().find_map(|rule| rule.fires(&call));
        let outcome = self.meet(&call, request, fault.as_ref());
        let status = match &outcome {
            Outcome::Answer(response) => Some(response.status),
            _ => None,
        };
        if let Some(record) = lock(&self.log).get_mut(place) {
            record.status = status;
            record.fault = fault;
            record.took = Some(record.since.elapsed());
        }
        outcome
    }

    fn enter(&self, call: Call) -> (Call, usize) {
        let mut log = lock(&self.log);
        let same = |record: &&Record| record.call.name() == call.name() && record.call.account == call.account;
        let (place, nth) = (log.len(), log.iter().filter(same).count() + 1);
        let call = Call { seq: place + 1, nth, ..call };
        log.push(Record { call: call.clone(), status: None, fault: None, since: Instant::now(), took: None });
        (call, place)
    }

    fn meet(&self, call: &Call, request: &Request, fault: Option<&Fault>) -> Outcome {
        match fault {
            Some(Fault::Throttle) => return Outcome::Answer(answer::throttled(call)),
            Some(Fault::Status(status)) => return Outcome::Answer(answer::failed(call, *status)),
            Some(Fault::Error { status, code, message }) => {
                return Outcome::Answer(answer::error(call, *status, code, message));
            }
            Some(Fault::ResetBefore) => return Outcome::Reset,
            Some(Fault::Hang) => return Outcome::Silence,
            Some(Fault::Before(hook)) => hook(call),
            Some(other) => thread::sleep(other.latency()),
            None => {}
        }
        let distance = *lock(&self.distance);
        thread::sleep(distance);
        if !self.quotas.admits(call) {
            return Outcome::Answer(answer::throttled(call));
        }
        let answered = self.memory.recall(call, request, || self.world.answer(call, request));
        match (fault, answered) {
            (Some(Fault::ResetAfter), _) => Outcome::Reset,
            (Some(Fault::Truncate(length)), Ok(response)) => Outcome::Cut(response, *length),
            (Some(Fault::Unseen), Ok(response)) => Outcome::Answer(answer::emptied(response)),
            (Some(Fault::After(hook)), Ok(response)) => {
                hook(call);
                Outcome::Answer(response)
            }
            (_, Ok(response)) => Outcome::Answer(response),
            (_, Err(error)) => {
                Outcome::Answer(http::Response::new(502, "text/plain", format!("test proxy: {error}\n")))
            }
        }
    }
}

/// A buffered stream that is also written to.
struct Duplex(BufReader<TcpStream>);

impl Read for Duplex {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl BufRead for Duplex {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.0.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.0.consume(amount);
    }
}

impl Write for Duplex {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.get_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.get_mut().flush()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
