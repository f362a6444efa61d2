//! A tour of the address space: what can be registered, what a message reaches, and what can be
//! asked and changed while it runs.
//!
//! All but one part runs through a `Dispatcher`, which delivers messages in the process. Only the
//! part about replies needs a server, on a port of this machine.
#![expect(clippy::print_stdout, reason = "printing is what this example does")]

use std::error::Error;
use std::sync::atomic::{AtomicI32, Ordering};

use futures::StreamExt;
use oscine::{
    Access, Address, AddressError, AddressSpace, Captures, Change, Client, Dispatched, Dispatcher,
    Info, Message, MountError, Next, Server, State, ToArgs,
};

type Outcome = Result<(), Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    handlers().await?;
    replies().await?;
    patterns().await?;
    captures().await?;
    only_the_first().await?;
    mounted().await?;
    fallback_and_observer().await?;
    changes().await?;
    questions()
}

/// Runs one message and prints it with what came of it.
///
/// A new dispatcher for each message will do for a tour. A program keeps one, because it remembers
/// what addresses reached.
async fn run(space: &AddressSpace, address: &str, args: impl ToArgs) -> Outcome {
    let message = Message::new(address, args)?;
    println!("  {message}");
    let mut dispatcher = Dispatcher::new(space.clone());
    let Dispatched { calls, unmatched, misfits, .. } =
        dispatcher.dispatch(message.view().into()).await;
    match (unmatched, misfits) {
        (0, 0) => println!("    calls: {calls}"),
        (0, _) => println!("    calls: {calls}; no handler takes these arguments"),
        _ => println!("    calls: {calls}; no method"),
    }
    Ok(())
}

/// A handler is a function or closure, async or not; its parameters say which messages fit.
async fn handlers() -> Outcome {
    println!("handlers");
    let space = AddressSpace::new();
    space.method("/synth/freq", |hertz: f32| println!("    freq: {hertz} Hz"))?;
    space.method("/synth/note", async |key: i32, velocity: Option<i32>| {
        // The next handler, and the next message, wait until this one is through.
        tokio::task::yield_now().await;
        println!("    note: {key}, velocity {velocity:?}");
    })?;
    // Several handlers at one address run in the order of registration.
    space.method("/synth/freq", |name: String| println!("    freq by name: {name}"))?;
    space.method("/synth/freq", |all: Message| println!("    freq, noted: {all}"))?;

    // State belongs to the address space: handlers ask for it by its type.
    space.set_state(AtomicI32::new(0));
    space.method("/count", |count: State<AtomicI32>, by: i32| {
        println!("    count: {}", count.fetch_add(by, Ordering::Relaxed) + by);
    })?;

    run(&space, "/synth/freq", 440.0_f32).await?;
    run(&space, "/synth/freq", "A4").await?;
    run(&space, "/synth/note", 60).await?;
    run(&space, "/synth/note", (60, 100)).await?;
    run(&space, "/count", 2).await?;
    run(&space, "/count", 3).await?;
    run(&space, "/count", "three").await
}

/// What a handler returns goes back to whoever sent the message. A dispatcher sends nothing, so
/// this takes a server.
async fn replies() -> Outcome {
    println!("\nreplies");
    let space = AddressSpace::new();
    space.method("/add", async |a: i32, b: i32| ("/sum", a + b))?;
    let server = Server::builder().udp("127.0.0.1:0").address_space(space).bind().await?;
    let handle = server.handle();
    let serving = tokio::spawn(server.serve().into_future());
    let [endpoint] = &handle.endpoints()[..] else { return Err("one endpoint was bound".into()) };
    let mut client = Client::connect(endpoint).await?;
    println!("  /add ,ii 2 3\n    reply: {}", client.request(("/add", (2, 3)), "/sum").await?);
    client.close().await?;
    handle.stop();
    serving.await??;
    Ok(())
}

/// Messages may hold patterns, and so may registrations.
async fn patterns() -> Outcome {
    println!("\npatterns in messages, methods under patterns, sub-trees");
    let space = AddressSpace::new();
    for place in ["/mixer/1/gain", "/mixer/2/gain", "/mixer/2/pan", "/mixer/[2-9]/*", "//gain"] {
        space.method(place, move |_: f32| println!("    {place}"))?;
    }
    // A sub-tree is an address and all that lies below it, but not `/mixer/20`.
    space.subtree("/mixer/2", |_: Message| println!("    sub-tree of /mixer/2"))?;

    run(&space, "/mixer/1/gain", 0.5_f32).await?;
    run(&space, "/mixer/2/gain", 0.5_f32).await?;
    run(&space, "/mixer/20/pan", 0.5_f32).await?;
    // A pattern reaches what it matches, and a method under a pattern if some address fits both.
    run(&space, "/mixer/{1,2}/gain", 0.5_f32).await?;
    run(&space, "/mixer/?/p*", 0.5_f32).await?;
    run(&space, "//pan", 0.5_f32).await
}

/// What the wildcards of a registration stand for is a parameter like others, typed and checked.
async fn captures() -> Outcome {
    println!("\ncaptures");
    let space = AddressSpace::new();
    space.method(
        "/mixer/*/{gain,mute}",
        |c: Captures<(u32, String)>, at: Address, value: f32| {
            let Captures((channel, what)) = c;
            println!("    channel {channel}, {what}: {value}, sent to {at}");
        },
    )?;
    space.method("/mixer/*/name", |Captures(all): Captures<Vec<String>>, name: String| {
        println!("    {all:?} is called {name}");
    })?;
    space.subtree("/files", |Captures((path,)): Captures<(String,)>| {
        println!("    path: {path:?}");
    })?;

    run(&space, "/mixer/3/gain", -6.0_f32).await?;
    // "main" is no u32, so the method does not fit.
    run(&space, "/mixer/main/gain", -6.0_f32).await?;
    run(&space, "/mixer/main/name", "Hall").await?;
    // Where a pattern meets a pattern, it is what the sender wrote.
    run(&space, "/mixer/[1-4]/name", "Strings").await?;
    run(&space, "/files/a/b.wav", ()).await
}

/// `first_match` calls only the first handler that fits, for handlers that tell themselves apart by
/// their arguments. One that returns `Next` leaves the message to those behind it.
async fn only_the_first() -> Outcome {
    println!("\nonly the first that fits");
    let space = AddressSpace::new();
    space.first_match(true);
    space.method("/set", |value: i32| {
        println!("    small numbers: {value}");
        (value > 100).then_some(Next)
    })?;
    space.method("/set", |value: i64| println!("    any number: {value}"))?;
    space.method("/set", |text: String| println!("    text: {text}"))?;

    run(&space, "/set", 7).await?;
    run(&space, "/set", 700).await?;
    run(&space, "/set", "seven").await
}

/// One address space in another one: what is `/gain` in it is `/ch/1/gain` in the mixer.
async fn mounted() -> Outcome {
    println!("\nmounted");
    let channel = AddressSpace::new();
    channel.method("/gain", |at: Address, gain: f32| println!("    {at}: {gain} dB"))?;
    let mixer = AddressSpace::new();
    for n in 1..=2 {
        mixer.mount(format!("/ch/{n}"), &channel)?;
    }
    run(&mixer, "/ch/1/gain", -3.0_f32).await?;
    // It is not copied: what is registered later is there as well.
    channel.method("/pan", |at: Address, pan: f32| println!("    {at}: {pan}"))?;
    run(&mixer, "/ch/*/pan", 0.25_f32).await?;

    let circle = channel.mount("/mixer", &mixer);
    if !matches!(circle, Err(MountError::Circle { .. })) {
        return Err("a circle was mounted".into());
    }
    println!("  a circle is refused");
    Ok(())
}

/// The fallback gets what reaches no method; observers see everything.
async fn fallback_and_observer() -> Outcome {
    println!("\nfallback and observer");
    let space = AddressSpace::new();
    space.method("/a", || println!("    /a"))?;
    space.method("/*", || println!("    /*"))?;
    space.fallback(|message: Message| println!("    fallback: {}", message.address()));
    space.on_message(|seen| {
        println!("    observer: {} reaches {:?}", seen.message.address(), seen.places);
    });

    run(&space, "/a", ()).await?;
    run(&space, "/a/b", ()).await?;
    // A pattern that cannot be read reaches nothing.
    run(&space, "/{a", ()).await
}

/// Everything may change at any time, and whoever wants to know is told.
async fn changes() -> Outcome {
    println!("\nchanges");
    let space = AddressSpace::new();
    let mut changes = space.changes();

    // Many changes as one: no message sees some of them without the others, and it is quicker.
    space.edit(|edit| {
        for n in 1..=3 {
            edit.method(format!("/fader/{n}"), |_level: f32| {})?;
        }
        Ok::<(), AddressError>(())
    })?;
    {
        // The method lives as long as the guard.
        let _guard = space.guard(space.method("/cue", |_n: i32| {})?);
        println!("  with the guard: {:?}", space.list());
    }
    println!("  without it: {:?}", space.list());
    space.move_subtree(&Address::new("/fader")?, &Address::new("/level")?)?;
    println!("  renamed: {:?}", space.list());
    println!("  taken back: {}", space.remove_subtree("/level")?);

    // The stream ends with the address space.
    drop(space);
    println!("  told:");
    while let Some(change) = changes.next().await {
        match change {
            Change::Added { place, .. } => println!("    added {place}"),
            Change::Removed { place, .. } => println!("    removed {place}"),
            Change::Moved { from, to } => println!("    moved {from} to {to}"),
            other => println!("    {other:?}"),
        }
    }
    Ok(())
}

/// What is there, and what it says about itself.
fn questions() -> Outcome {
    println!("\nquestions");
    let space = AddressSpace::new();
    space.method("/mixer/1/gain", |_gain: f32| {})?;
    space.method("/mixer/1/gain", |_name: String| {})?;
    space.method("/mixer/2/route", |_input: i32, _output: i32, _name: String| {})?;
    space.method("/mixer/*/mute", |_muted: bool| {})?;
    let info = Info::new()
        .with_description("Gain of channel 1")
        .with_range(-90.0, 10.0)
        .with_unit("dB")
        .with_access(Access::Write);
    space.describe("/mixer/1/gain", info)?;

    println!("  {} registrations", space.len());
    for (place, methods) in space.walk() {
        println!("    {place}: {methods}");
    }
    println!("  below /mixer: {:?}", space.children(&Address::new("/mixer")?));
    // Type tags are those of the first handler's parameters if `describe` does not say any.
    for place in ["/mixer/1/gain", "/mixer/2/route", "/mixer/3/gain"] {
        match space.info(place) {
            Some(info) => {
                println!("  {place} takes {:?}", info.type_tags().unwrap_or_default());
                if let (Some(what), Some((least, most)), Some(unit)) =
                    (info.description(), info.range(), info.unit())
                {
                    println!("    {what}, {least} to {most} {unit}, {:?}", info.access());
                }
            }
            None => println!("  {place} is not known"),
        }
    }
    Ok(())
}
