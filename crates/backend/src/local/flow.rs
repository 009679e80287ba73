//! Writing what is large: it is on its way to the disk while the rest of it is made.

use std::fs::File;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Scope;

use terrane_state::Content;

/// After so many bytes the disk is told to begin.
const PIECE: usize = 32 << 20;

/// Writes a whole file, and returns when it is safe from a crash of the machine.
pub(super) fn write(file: &File, content: Content<'_>) -> io::Result<()> {
    std::thread::scope(|scope| {
        let mut flow = Flow { file, scope, loose: 0, disk: None };
        content(&mut flow)?;
        flow.end()
    })
}

struct Flow<'s, 'e> {
    file: &'e File,
    scope: &'s Scope<'s, 'e>,
    /// How many bytes have been written since the disk was told.
    loose: usize,
    disk: Option<Disk<'s>>,
}

/// A thread that waits for the disk.
struct Disk<'s> {
    wake: SyncSender<()>,
    thread: std::thread::ScopedJoinHandle<'s, io::Result<()>>,
}

impl<'s, 'e> Flow<'s, 'e> {
    fn disk(&mut self) -> &Disk<'s> {
        let (file, scope) = (self.file, self.scope);
        self.disk.get_or_insert_with(|| {
            let (wake, woken) = sync_channel(1);
            Disk { wake, thread: scope.spawn(move || sync(file, &woken)) }
        })
    }

    /// A failure is told once to one of those who ask, so that each of them counts.
    fn end(self) -> io::Result<()> {
        if let Some(Disk { wake, thread }) = self.disk {
            drop(wake);
            thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread that waits for the disk crashed")))?;
        }
        self.file.sync_all()
    }
}

fn sync(file: &File, woken: &Receiver<()>) -> io::Result<()> {
    woken.iter().try_for_each(|()| file.sync_data())
}

impl Write for Flow<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.loose += written;
        if self.loose >= PIECE {
            self.loose = 0;
            // If it is busy it will come to this, too.
            let _ = self.disk().wake.try_send(());
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_large_is_written_whole() {
        let path = std::env::temp_dir().join(format!("terrane-flow-{}", std::process::id()));
        let line = "0123456789abcdef".repeat(1 << 16);
        let lines = 3 * PIECE / line.len() + 1;
        write(&File::create(&path).unwrap(), &|out| (0..lines).try_for_each(|_| out.write_all(line.as_bytes())))
            .unwrap();
        let written = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(written.len() == lines * line.len() && written.ends_with(line.as_bytes()));
        let refused = write(&File::open("/dev/null").unwrap(), &|out| out.write_all(b"x"));
        assert!(refused.is_err());
    }
}
