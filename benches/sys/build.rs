//! Compiles the shim, if peers are asked for.

fn main() {
    println!("cargo::rerun-if-changed=shim");
    #[cfg(feature = "peers")]
    shim();
}

#[cfg(feature = "peers")]
fn shim() {
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        .opt_level(3)
        .define("NDEBUG", None)
        .warnings(true)
        .include("shim")
        .files([
            "shim/oscpack.cpp",
            "shim/oscpack_socket.cpp",
            "shim/liblo.cpp",
            "shim/liblo_dispatch.cpp",
            "shim/liblo_server.cpp",
            "shim/liblo_timed.cpp",
        ])
        .compile("oscine_benches_shim");
    println!("cargo::rustc-link-lib=oscpack");
    println!("cargo::rustc-link-lib=lo");
}
