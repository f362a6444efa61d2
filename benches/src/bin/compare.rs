//! Measures us, and our peers beside us in the same process.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use oscine_benches::Counting;
use oscine_benches::report::{Row, write_head};
use oscine_benches::section::{Filter, SECTIONS, Section};

#[global_allocator]
static ALLOCATOR: Counting = Counting::new();

fn main() -> ExitCode {
    let options = match Options::parse(env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => return exit_code(write!(io::stdout(), "{}", usage())),
        Err(fault) => {
            // There is nobody left to tell when stderr is closed.
            let _ = writeln!(io::stderr(), "compare: {fault}\n\n{}", usage());
            return ExitCode::from(2);
        }
    };
    exit_code(options.run())
}

/// What was asked for.
struct Options {
    section: &'static Section,
    json: bool,
    filter: Filter,
}

impl Options {
    /// `None` when help was asked for.
    fn parse(args: impl IntoIterator<Item = String>) -> Result<Option<Self>, String> {
        let mut section = None;
        let mut json = false;
        let mut filter = Filter::default();
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "-h" | "--help" => return Ok(None),
                "--json" => json = true,
                "--only" => {
                    filter = Filter::containing(args.next().ok_or("--only needs a text")?);
                }
                name => match SECTIONS.iter().find(|section| section.name == name) {
                    Some(found) if section.is_none() => section = Some(found),
                    Some(_) => return Err("one section at a time".to_owned()),
                    None => return Err(format!("no such section or option: {name}")),
                },
            }
        }
        let section = section.ok_or("which section?")?;
        Ok(Some(Self { section, json, filter }))
    }

    fn run(&self) -> io::Result<()> {
        let mut out = io::stdout();
        if !self.json {
            write_head(&mut out)?;
        }
        let mut rows = 0;
        let mut written = Ok(());
        (self.section.run)(&self.filter, &mut |row: Row| {
            let line = if self.json { row.write_json(&mut out) } else { row.write_line(&mut out) };
            rows += 1;
            if line.is_err() {
                written = line;
            }
        });
        if rows == 0 {
            return Err(io::Error::other("no measure has such a name"));
        }
        written
    }
}

fn usage() -> String {
    let mut text = "\
Usage: compare SECTION [--json] [--only TEXT]

  --json       a line of JSON for each measure and peer
  --only TEXT  only measures whose name contains TEXT

Peers are measured when built with `--features peers`. Ratio = ours / theirs in time: below 1, we are faster.

Sections:
"
    .to_owned();
    for section in SECTIONS {
        text += &format!("  {:<12} {}\n", section.name, section.about);
    }
    text
}

fn exit_code(result: io::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "compare: {error}");
            ExitCode::FAILURE
        }
    }
}
