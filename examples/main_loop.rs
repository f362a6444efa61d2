//! A program with a main loop of its own, as a game or a window has one, whose state may not leave its thread.
//!
//! A server receives in the background, and keeps the time. The synthesizer is an `Rc<RefCell<_>>` in the main loop, so
//! its handlers are local ones: the loop has them called once for each picture. A metronome needs no loop and does not
//! wait for it. A thread plays the peer. Then the same without a background: the loop steps the server itself. Exits
//! with 1 if something is missing, early, or out of order.
#![expect(clippy::print_stdout, reason = "printing is what this example does")]

use std::cell::RefCell;
use std::error::Error;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use oscine::{
    AddressSpace, Captures, Client, Endpoint, HandlerExt, LocalHandlers, Message, Server, blocking,
};

type Failure = Box<dyn Error + Send + Sync>;

const PICTURE: Duration = Duration::from_millis(16);
const NOTES: i32 = 60;
const BEATS: u32 = 20;

/// What belongs to the main thread: nothing in it is shared, and nothing locked.
#[derive(Debug, Default)]
struct Synth {
    gains: [f32; 4],
    notes: Vec<i32>,
    chords: u32,
}

type Shared = Rc<RefCell<Synth>>;

fn main() -> Result<(), Failure> {
    in_the_background()?;
    step_by_step()
}

/// Registers what is done with the synthesizer.
fn register(space: &AddressSpace, local: &LocalHandlers, synth: &Shared) -> Result<(), Failure> {
    let of = Rc::clone(synth);
    let gain = local.handler(move |Captures((n,)): Captures<(usize,)>, gain: f32| {
        let mut synth = of.borrow_mut();
        let place = synth.gains.get_mut(n).ok_or_else(|| format!("there is no voice {n}"))?;
        *place = gain;
        Ok::<(), String>(())
    });
    // The messages behind need not wait for the next picture, so many of these are set in one.
    space.method("/synth/*/gain", gain.concurrent(64))?;
    let of = Rc::clone(synth);
    let note = local.handler(move |note: i32| of.borrow_mut().notes.push(note));
    space.method("/synth/note", note.concurrent(64))?;
    // All else waits for this one, and its reply tells that it was played.
    let of = Rc::clone(synth);
    let chord = local.handler(move |root: i32| {
        let mut synth = of.borrow_mut();
        synth.notes.extend([root, root + 4, root + 7]);
        synth.chords += 1;
        ("/synth/played", root)
    });
    space.method("/synth/chord", chord)?;
    Ok(())
}

fn in_the_background() -> Result<(), Failure> {
    let (space, local, synth) = (AddressSpace::new(), LocalHandlers::new(), Shared::default());
    register(&space, &local, &synth)?;
    let beats = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&beats);
    space.method("/beat", move || _ = counted.fetch_add(1, Ordering::Relaxed))?;

    let builder = Server::builder().udp("127.0.0.1:0").tcp("127.0.0.1:0").address_space(space);
    let server = blocking::Server::bind(builder)?.spawn();
    let endpoint = server.endpoints().into_iter().nth(1).ok_or("nothing was bound")?;
    let playing = thread::spawn(move || play(&endpoint));

    let (start, mut pictures, mut most) = (Instant::now(), 0, 0);
    while !playing.is_finished() || beats.load(Ordering::Relaxed) < BEATS {
        // Here the picture would be drawn.
        thread::sleep(PICTURE);
        most = most.max(local.process());
        pictures += 1;
        if start.elapsed() > Duration::from_secs(60) {
            return Err("something is missing".into());
        }
    }
    playing.join().map_err(|_| "the thread panicked")??;
    server.stop()?;
    let synth = synth.take();
    println!("{pictures} pictures, {most} calls in one of them, {} chords", synth.chords);
    check(&synth, 2)
}

/// What the peer does: notes and gains as fast as they come, chords that it waits for, and beats ahead of their time.
fn play(endpoint: &Endpoint) -> Result<(), Failure> {
    let client = blocking::Client::with(Client::builder(), endpoint)?;
    for beat in 0..BEATS {
        client.send_bundle(beat * Duration::from_millis(20), [Message::new("/beat", ())?])?;
    }
    for note in 0..NOTES {
        client.send(("/synth/note", note))?;
        client.send((format!("/synth/{}/gain", note % 4), 0.5_f32))?;
    }
    for root in [60, 65] {
        let played = client.request(("/synth/chord", root), "/synth/played")?;
        println!("{played}");
    }
    Ok(())
}

fn step_by_step() -> Result<(), Failure> {
    let (space, local, synth) = (AddressSpace::new(), LocalHandlers::new(), Shared::default());
    register(&space, &local, &synth)?;
    let builder = Server::builder().tcp("127.0.0.1:0").address_space(space);
    let mut server = blocking::Server::bind(builder)?;
    let endpoint = server.endpoints().into_iter().next().ok_or("nothing was bound")?;
    let client = blocking::Client::connect(&endpoint)?;
    for note in 0..NOTES {
        client.send(("/synth/note", note))?;
        client.send((format!("/synth/{}/gain", note % 4), 0.5_f32))?;
    }
    client.send(("/synth/chord", 60))?;
    let start = Instant::now();
    while synth.borrow().chords == 0 {
        thread::sleep(PICTURE);
        // Messages are run here, and with them the local handlers.
        server.process()?;
        if start.elapsed() > Duration::from_secs(60) {
            return Err("something is missing".into());
        }
    }
    let synth = synth.take();
    println!("step by step: {} notes", synth.notes.len());
    check(&synth, 1)
}

fn check(synth: &Synth, chords: u32) -> Result<(), Failure> {
    let whole = (0..NOTES).chain([60, 64, 67]).chain([65, 69, 72]);
    let expected = whole.take(usize::try_from(NOTES)? + 3 * usize::try_from(chords)?);
    let fine = synth.notes.iter().copied().eq(expected) && synth.gains == [0.5; 4];
    if fine && synth.chords == chords { Ok(()) } else { Err(format!("{synth:?}").into()) }
}
