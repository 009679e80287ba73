//! Runs the commands of provisioners.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use terrane_address::Instance;
use terrane_plan::{Answer, ProvisionRequest};
use terrane_provider::Problem;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::sync::mpsc::UnboundedSender;

use crate::cancel::{Cancel, Urgency};

/// A line that a command wrote, or one about it.
pub(crate) struct Line {
    pub instance: Instance,
    pub text: String,
}

/// What a provisioner needs besides its request.
pub(crate) struct Surroundings {
    pub instance: Instance,
    pub lines: UnboundedSender<Line>,
    pub cancel: Cancel,
}

/// How long a command may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(10);

/// How much of what a command wrote is told when it fails.
const TOLD: usize = 8 * 1024;

/// A line that is longer is cut in pieces.
const LONGEST: usize = 64 * 1024;

/// Runs the command of a provisioner, and hands on what it writes line by line.
pub(crate) async fn run(request: ProvisionRequest, around: Surroundings) -> Answer {
    around.say(&first_line(&request));
    let told = match request.hidden {
        None => |around: &Surroundings, line: &str| around.say(line),
        Some(_) => |_: &Surroundings, _: &str| {},
    };
    let (mut group, output) = match start(&request) {
        Ok(started) => started,
        Err(why) => return failed(&request, &format!("could not be started: {why}."), ""),
    };
    let mut lines = Lines::new(output);
    let mut seen = Urgency::None;
    let mut deadline = None;
    let mut status: Option<std::io::Result<ExitStatus>> = None;
    loop {
        let open = !lines.ended;
        tokio::select! {
            line = lines.next(), if open => line.iter().for_each(|line| told(&around, line)),
            ended = group.child.wait(), if status.is_none() => status = Some(ended),
            urgency = around.cancel.beyond(seen) => {
                seen = urgency;
                group.signal(if urgency == Urgency::Finish { Signal::SIGTERM } else { Signal::SIGKILL });
                deadline = Some(tokio::time::Instant::now() + GRACE);
            }
            () = sleep_until(deadline), if deadline.is_some() => {
                group.signal(Signal::SIGKILL);
                deadline = None;
                lines.ended = true;
            }
        }
        if let (Some(status), true) = (&status, lines.ended) {
            group.done = true;
            return verdict(&request, status, seen, &lines);
        }
    }
}

async fn sleep_until(deadline: Option<tokio::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

impl Surroundings {
    fn say(&self, text: &str) {
        let _ = self.lines.send(Line { instance: self.instance.clone(), text: text.to_owned() });
    }
}

fn first_line(request: &ProvisionRequest) -> String {
    match request.hidden {
        Some(why) => format!("(output suppressed due to {why} value in config)"),
        None if request.quiet => "local-exec: Executing: Suppressed by quiet=true".into(),
        None => {
            let words: Vec<String> = words(request).iter().map(|word| format!("{word:?}")).collect();
            format!("Executing: [{}]", words.join(" "))
        }
    }
}

fn words(request: &ProvisionRequest) -> Vec<&str> {
    let shell = ["/bin/sh", "-c"];
    let program: Vec<&str> = request.interpreter.iter().map(String::as_str).collect();
    let program = if program.is_empty() { shell.to_vec() } else { program };
    program.into_iter().chain([request.command.as_str()]).collect()
}

/// The processes of a command; ends them if nobody waits for them any more.
struct Group {
    child: Child,
    id: Option<i32>,
    done: bool,
}

impl Group {
    fn signal(&self, signal: Signal) {
        if let Some(id) = self.id {
            // Whoever has gone already needs no signal.
            let _ = killpg(Pid::from_raw(id), signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.done {
            self.signal(Signal::SIGKILL);
        }
    }
}

fn start(request: &ProvisionRequest) -> std::io::Result<(Group, pipe::Receiver)> {
    let (reader, writer) = std::io::pipe()?;
    let words = words(request);
    let mut command = Command::new(words[0]);
    command
        .args(&words[1..])
        .envs(request.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .process_group(0);
    if let Some(folder) = &request.working_dir {
        command.current_dir(folder);
    }
    let child = command.spawn()?;
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    let output = pipe::Receiver::from_owned_fd(reader.into())?;
    Ok((Group { child, id, done: false }, output))
}

fn verdict(request: &ProvisionRequest, status: &std::io::Result<ExitStatus>, seen: Urgency, lines: &Lines) -> Answer {
    match status {
        _ if seen != Urgency::None => failed(request, "was ended, since the run was interrupted.", &lines.last()),
        Ok(status) if status.success() => Answer::Provision(Vec::new()),
        Ok(status) => failed(request, &format!("ended with {status}."), &lines.last()),
        Err(why) => failed(request, &format!("was lost: {why}."), &lines.last()),
    }
}

fn failed(request: &ProvisionRequest, what: &str, output: &str) -> Answer {
    let detail = match (request.hidden, output.trim_end()) {
        (Some(why), _) => format!("The command {what} It and its output are not shown: they hold {why} values."),
        (None, "") => format!("The command {:?} {what} It wrote nothing.", request.command),
        (None, output) => format!("The command {:?} {what} Its output:\n\n{output}", request.command),
    };
    Answer::Provision(vec![Problem::error("local-exec provisioner error", detail)])
}

/// The lines of a stream, as they come.
struct Lines<R = pipe::Receiver> {
    from: R,
    /// What was read and is no whole line yet.
    rest: Vec<u8>,
    ready: std::collections::VecDeque<String>,
    /// The end of all that was read.
    tail: Vec<u8>,
    ended: bool,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    fn new(from: R) -> Lines<R> {
        Lines { from, rest: Vec::new(), ready: Default::default(), tail: Vec::new(), ended: false }
    }

    /// The next line; `None` once at the end. Safe to be given up while it waits.
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                return Some(line);
            }
            let mut buffer = [0; 8 * 1024];
            match self.from.read(&mut buffer).await {
                Ok(0) | Err(_) => {
                    self.ended = true;
                    return (!self.rest.is_empty()).then(|| text(&std::mem::take(&mut self.rest)));
                }
                Ok(count) => self.take(&buffer[..count]),
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.tail.extend(bytes);
        self.tail.drain(..self.tail.len().saturating_sub(TOLD));
        for byte in bytes {
            match byte {
                b'\n' => self.ready.push_back(text(&std::mem::take(&mut self.rest))),
                byte => self.rest.push(*byte),
            }
            if self.rest.len() == LONGEST {
                self.ready.push_back(text(&std::mem::take(&mut self.rest)));
            }
        }
    }

    fn last(&self) -> String {
        String::from_utf8_lossy(&self.tail).into_owned()
    }
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line).trim_end().to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn request(command: &str) -> ProvisionRequest {
        ProvisionRequest {
            kind: "local-exec".into(),
            command: command.into(),
            interpreter: Vec::new(),
            working_dir: None,
            environment: vec![("GREETING".into(), "hello".into())],
            quiet: true,
            hidden: None,
        }
    }

    async fn ran(request: ProvisionRequest, press: bool) -> (Vec<String>, Vec<Problem>) {
        let (lines, mut written) = tokio::sync::mpsc::unbounded_channel();
        let cancel = Cancel::new();
        let instance = terrane_address::parse_instance("t.x").unwrap();
        let around = Surroundings { instance, lines, cancel: cancel.clone() };
        let task = tokio::spawn(run(request, around));
        let mut texts = Vec::new();
        while let Some(line) = written.recv().await {
            if press && line.text == "ready" {
                cancel.press();
            }
            texts.push(line.text);
        }
        let Answer::Provision(problems) = task.await.unwrap() else { panic!("another answer") };
        (texts, problems)
    }

    #[tokio::test]
    async fn lines_come_in_order_and_the_last_needs_no_end() {
        let (lines, problems) = ran(request("echo $GREETING; echo two >&2; printf three"), false).await;
        assert_eq!(lines[1..], ["hello", "two", "three"]);
        assert!(problems.is_empty());
    }

    #[tokio::test]
    async fn a_failure_tells_the_output_unless_it_is_secret() {
        let (_, problems) = ran(request("echo oh; exit 3"), false).await;
        assert!(problems[0].detail.contains("exit status: 3") && problems[0].detail.ends_with("oh"), "{problems:?}");
        let secret = ProvisionRequest { hidden: Some("sensitive"), ..request("echo oh; exit 3") };
        let (lines, problems) = ran(secret, false).await;
        assert_eq!(lines, ["(output suppressed due to sensitive value in config)"]);
        assert!(!problems[0].detail.contains("oh"), "{problems:?}");
    }

    #[tokio::test]
    async fn a_command_is_asked_to_end_before_it_is_made_to() {
        let begun = std::time::Instant::now();
        let command = "trap 'echo cleaned; exit 1' TERM; echo ready; while true; do sleep 0.05; done";
        let (lines, problems) = ran(request(command), true).await;
        assert!(lines.contains(&"cleaned".to_owned()), "{lines:?}");
        assert!(problems[0].detail.contains("interrupted") && begun.elapsed() < GRACE, "{problems:?}");
    }

    #[tokio::test]
    async fn what_cannot_be_started_is_said() {
        let lost = ProvisionRequest { interpreter: vec!["/nowhere/sh".into()], ..request("x") };
        let (_, problems) = ran(lost, false).await;
        assert!(problems[0].detail.contains("could not be started"), "{problems:?}");
    }
}
