// What Rust calls. Every function runs its measure `n` times, so that crossing over costs nothing; a result is that of
// the last run. `false` or 0 says that the library refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

extern "C" {

/// Packets by number, as in `Case` of the Rust side.
enum shim_case {
    SHIM_TINY,
    SHIM_MEDIUM,
    SHIM_SNEW,
    SHIM_BUNDLE16,
    SHIM_NESTED64,
    SHIM_BLOB1K,
    SHIM_BLOB64K,
    SHIM_FLOATS128,
    SHIM_ARRAYS,
};

/// The bulk that messages are built from.
struct shim_bulk {
    const uint8_t *blob;
    size_t blob_size;
    const float *floats;
    size_t float_count;
};

bool shim_oscpack_decode(const char *packet, size_t size, uint64_t n, uint64_t *sum);
bool shim_oscpack_typed(int which, const char *packet, size_t size, uint64_t n, uint64_t *sum);
size_t shim_oscpack_encode(int which, const shim_bulk *bulk, char *out, size_t room, uint64_t n);

struct shim_liblo;
bool shim_liblo_decode(const char *packet, size_t size, uint64_t n, uint64_t *sum);
/// A value of liblo's own, built from a packet; null when liblo does not know a type in it.
shim_liblo *shim_liblo_new(const char *packet, size_t size);
size_t shim_liblo_encode(const shim_liblo *value, char *out, size_t room, uint64_t n);
void shim_liblo_free(shim_liblo *value);

// Receivers of messages `/synth/voice/1/freq ,if`, or `,f` where a server is told that these are the types. They read from a duplicate of the socket `fd`, in place of one of their
// own: theirs cannot be told which buffer to have, nor, all of them, which address. Null when that cannot be arranged.
// `receive` gives the sum of the arguments of the last message.

struct shim_oscpack_socket;
shim_oscpack_socket *shim_oscpack_listen(int fd);
bool shim_oscpack_receive(shim_oscpack_socket *socket, uint64_t n, uint64_t *sum);
void shim_oscpack_close(shim_oscpack_socket *socket);

struct shim_liblo_server;
shim_liblo_server *shim_liblo_serve(int fd, bool stream, const char *types);
bool shim_liblo_receive(shim_liblo_server *server, uint64_t n, uint64_t *sum);
void shim_liblo_stop(shim_liblo_server *server);

/// A server that runs bundles at their time. `run` receives and waits until `n` messages have run, and says for each how
/// many microseconds after its time tag that was.
struct shim_liblo_timed;
shim_liblo_timed *shim_liblo_timed_new(uint16_t *port);
bool shim_liblo_timed_run(shim_liblo_timed *server, size_t n, double *lateness);
void shim_liblo_timed_free(shim_liblo_timed *server);

/// Methods at paths, each of which adds its one argument, a float, to the sum of a message.
struct shim_liblo_space;
shim_liblo_space *shim_liblo_space_new();
bool shim_liblo_space_add(shim_liblo_space *space, const char *path);
bool shim_liblo_space_dispatch(shim_liblo_space *space, const char *packet, size_t size, uint64_t n, uint64_t *sum);
void shim_liblo_space_free(shim_liblo_space *space);
}

/// Keeps the compiler from knowing `value`, by way of memory as Rust's `black_box` does.
template <typename T> inline T hide(T value) {
    asm volatile("" : "+m"(value) : : "memory");
    return value;
}

template <typename To, typename From> inline To bits(From value) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    std::memcpy(&to, &value, sizeof to);
    return to;
}

inline uint64_t sum_int(int32_t value) { return bits<uint32_t>(value); }
inline uint64_t sum_float(float value) { return bits<uint32_t>(value); }
inline uint64_t sum_double(double value) { return bits<uint64_t>(value); }
inline uint64_t sum_blob(const void *data, size_t size) {
    auto bytes = static_cast<const uint8_t *>(data);
    return size == 0 ? 0 : uint64_t{bytes[0]} + bytes[size - 1];
}
