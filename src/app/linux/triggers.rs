//! Which snapshots of a started program are due, and taking them: from outside, so that nothing runs in it for them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::app::commands::dump::{TextArg, TriggerArgs};
use crate::cpython::capture::{CaptureOptions, longest};

use super::numbered::Numbered;
use super::program::Line;
use super::{capture, live};

/// How long a program may take to become a Python that can be read before a failure is told.
const START: Duration = Duration::from_secs(5);
/// How long to look for a moment at which the heap is still. Signals for the program wait meanwhile.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What `--every` and `--at-rss` ask for.
pub(super) struct Triggers {
    every: Option<Duration>,
    next: Instant,
    threshold: Option<u64>,
    began: Instant,
    has_succeeded: bool,
    text: TextArg,
}

impl Triggers {
    pub fn new(args: &TriggerArgs, text: TextArg) -> Self {
        let (began, every) = (Instant::now(), args.every.map(Duration::from_secs_f64));
        let next = began + every.unwrap_or_default();
        Self { every, next, threshold: args.at_rss, began, has_succeeded: false, text }
    }

    /// How long until the next look at the clock.
    pub fn patience(&self) -> Duration {
        self.every.map_or(Duration::MAX, |_| self.next.saturating_duration_since(Instant::now()))
    }

    /// The trigger that is due, by the clock and the resident memory of the program.
    fn due(&mut self, rss: Option<u64>) -> Option<&'static str> {
        if let Some(every) = self.every
            && Instant::now() >= self.next
        {
            // What has been missed while a snapshot was taken is not made up for.
            self.next = (self.next + every).max(Instant::now());
            return Some("timer");
        }
        let threshold = self.threshold?;
        let rss = rss.filter(|&rss| rss >= threshold)?;
        self.threshold = Some(rss.saturating_add(rss / 4));
        Some("rss")
    }

    /// Takes the snapshot that is due, if one is. `None` also while the program is not yet one that can be read.
    pub fn serve(&mut self, pid: u32, rss: Option<u64>, files: &mut Numbered) -> Option<Line> {
        let (next, threshold) = (self.next, self.threshold);
        let trigger = self.due(rss)?;
        match self.take(pid, trigger, files) {
            Ok(line) => {
                self.has_succeeded = true;
                Some(line)
            }
            Err(_) if !self.has_succeeded && self.began.elapsed() < START => {
                (self.next, self.threshold) = (next, threshold);
                None
            }
            Err(error) => Some(Line::failed(files.output(), trigger, format!("{error:#}"))),
        }
    }

    /// Takes a snapshot now.
    pub fn take(&self, pid: u32, trigger: &str, files: &mut Numbered) -> anyhow::Result<Line> {
        let options = CaptureOptions { text: live::level(self.text), timeout: TIMEOUT, cancelled: Arc::default() };
        let mut captured = capture::of_process(pid, &options)?;
        captured.snapshot.header.capture.trigger = Some(trigger.into());
        let path = files.write(&captured.snapshot)?;
        Ok(Line {
            path,
            trigger: trigger.to_owned(),
            objects: captured.snapshot.end.objects,
            pause_seconds: Some(longest(&captured.noticed).as_secs_f64()),
            ..Line::default()
        })
    }
}
