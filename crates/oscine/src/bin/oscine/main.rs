//! The `oscine` tool: sends and shows Open Sound Control packets.

mod dump;
mod hex;
mod print;
mod send;

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// Open Sound Control from the command line.
#[derive(Debug, Parser)]
#[command(version, about = "Open Sound Control from the command line", after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Messages are written as `/address ,tags argument ...`:
  i h  decimal            b  0x and hexadecimal digits    r  #rrggbbaa
  f d  decimal            t  16 hexadecimal digits        m  midi:ppssd1d2
  s S  \"text\"             c  'x'                          [ ]  arrays
  T F N I  true false nil inf

RUST_LOG=oscine=debug tells more on standard error.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Print each message that arrives.
    Dump(dump::Dump),
    /// Send a message.
    Send(send::Send),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let result = match cli.command {
        Command::Dump(dump) => dump.run().await,
        Command::Send(send) => send.run().await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&*error);
            ExitCode::FAILURE
        }
    }
}

/// Prints an error with all its causes. There is nobody left to tell if that fails.
fn tell(error: &dyn Error) {
    let mut stderr = std::io::stderr().lock();
    let _ = write!(stderr, "oscine: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(stderr, ": {error}");
        cause = error.source();
    }
    let _ = writeln!(stderr);
}
