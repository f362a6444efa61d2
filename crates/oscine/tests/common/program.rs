//! Programs to talk to.

use std::io::ErrorKind;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use oscine::{Client, Packet};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::within;

/// A program that runs; it is killed when this is dropped.
pub(crate) struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    /// Starts a program, or fails with `hint` if there is none of this name.
    pub(crate) fn start(command: &mut Command, hint: &str) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = match command.kill_on_drop(true).spawn() {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                panic!("{:?} is not installed: {hint}", command.as_std().get_program())
            }
            Err(error) => panic!("{command:?} cannot be run: {error}"),
        };
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next line that the program writes.
    pub(crate) async fn line(&mut self) -> String {
        match within(self.lines.next_line()).await.unwrap() {
            Some(line) => line,
            None => panic!("the program has ended: {}", self.complaint().await),
        }
    }

    /// Waits until the program has ended by itself and well, and gives the lines that are left.
    pub(crate) async fn finish(mut self) -> Vec<String> {
        let mut rest = Vec::new();
        while let Some(line) = within(self.lines.next_line()).await.unwrap() {
            rest.push(line);
        }
        let status: ExitStatus = within(self.child.wait()).await.unwrap();
        assert!(status.success(), "{status}: {}", self.complaint().await);
        rest
    }

    /// Kills the program.
    pub(crate) async fn kill(mut self) {
        within(self.child.kill()).await.unwrap();
    }

    /// Sends `knock` until the program writes a line with `answer` in it: from then on it listens.
    pub(crate) async fn wake(&mut self, client: &Client, knock: &Packet, answer: &str) {
        for _ in 0..500 {
            client.send(knock).await.unwrap();
            let waited = tokio::time::timeout(Duration::from_millis(20), self.lines.next_line());
            match waited.await.map(Result::unwrap) {
                Ok(Some(line)) if line.contains(answer) => return,
                Ok(Some(_)) | Err(_) => {}
                Ok(None) => panic!("the program has ended: {}", self.complaint().await),
            }
        }
        panic!("the program does not listen");
    }

    /// What the program, once it has ended, wrote to its standard error.
    async fn complaint(&mut self) -> String {
        let mut text = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            within(stderr.read_to_string(&mut text)).await.unwrap();
        }
        text
    }
}
