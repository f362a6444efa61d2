// liblo's schedule: a server whose method notes how late it is.

#include "shim.h"

#include <chrono>

#include <lo/lo.h>

struct shim_liblo_timed {
    lo_server server;
    double *next;
    double *end;
};

namespace {

int method(const char *, const char *, lo_arg **, int, lo_message message, void *data) {
    auto timed = static_cast<shim_liblo_timed *>(data);
    lo_timetag now;
    lo_timetag_now(&now);
    lo_timetag due = lo_message_get_timestamp(message);
    auto steps = static_cast<int64_t>((uint64_t{now.sec} << 32 | now.frac) - (uint64_t{due.sec} << 32 | due.frac));
    if (timed->next != timed->end) {
        *timed->next++ = static_cast<double>(steps) / 4294.967296;
    }
    return 0;
}

} // namespace

shim_liblo_timed *shim_liblo_timed_new(uint16_t *port) {
    lo_server server = lo_server_new(nullptr, nullptr);
    if (server == nullptr) {
        return nullptr;
    }
    auto timed = new shim_liblo_timed{server, nullptr, nullptr};
    *port = static_cast<uint16_t>(lo_server_get_port(server));
    if (lo_server_add_method(server, "/late", "", method, timed) == nullptr) {
        shim_liblo_timed_free(timed);
        return nullptr;
    }
    return timed;
}

bool shim_liblo_timed_run(shim_liblo_timed *timed, size_t n, double *lateness) {
    timed->next = lateness;
    timed->end = lateness + n;
    // A bundle that is put in line counts as nothing received, so only the time tells that something is wrong.
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (timed->next != timed->end) {
        lo_server_recv(timed->server);
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
    }
    return true;
}

void shim_liblo_timed_free(shim_liblo_timed *timed) {
    lo_server_free(timed->server);
    delete timed;
}
