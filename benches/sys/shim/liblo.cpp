// liblo without its servers: messages read into a value of its own, values written into a buffer.

#include "shim.h"

#include <cstdlib>

#include <lo/lo.h>

/// One of the two.
struct shim_liblo {
    lo_bundle bundle;
    lo_message message;
    const char *path;
};

namespace {

uint64_t sum_message(lo_message message) {
    uint64_t sum = 0;
    const char *types = lo_message_get_types(message);
    lo_arg **args = lo_message_get_argv(message);
    for (int i = 0, count = lo_message_get_argc(message); i < count; ++i) {
        lo_arg *arg = args[i];
        switch (types[i]) {
        case LO_INT32: sum += sum_int(arg->i); break;
        case LO_FLOAT: sum += sum_float(arg->f); break;
        case LO_STRING:
        case LO_SYMBOL: sum += std::strlen(&arg->s); break;
        case LO_BLOB: {
            auto blob = reinterpret_cast<lo_blob>(arg);
            sum += sum_blob(lo_blob_dataptr(blob), lo_blob_datasize(blob));
            break;
        }
        case LO_INT64: sum += static_cast<uint64_t>(arg->h); break;
        case LO_TIMETAG: sum += uint64_t{arg->t.sec} << 32 | arg->t.frac; break;
        case LO_DOUBLE: sum += sum_double(arg->d); break;
        case LO_TRUE: sum += 1; break;
        default: break;
        }
    }
    return sum;
}

lo_message parse(const char *packet, size_t size) {
    return lo_message_deserialise(const_cast<char *>(packet), size, nullptr);
}

uint32_t word(const char *at) {
    auto byte = reinterpret_cast<const uint8_t *>(at);
    return uint32_t{byte[0]} << 24 | byte[1] << 16 | byte[2] << 8 | byte[3];
}

// liblo reads bundles only within a server, hence this walk.
lo_bundle parse_bundle(const char *packet, size_t size) {
    lo_bundle bundle = lo_bundle_new(lo_timetag{word(packet + 8), word(packet + 12)});
    for (size_t at = 16; at < size; at += 4 + word(packet + at)) {
        const char *element = packet + at + 4;
        if (*element == '#') {
            lo_bundle_add_bundle(bundle, parse_bundle(element, word(packet + at)));
        } else {
            lo_bundle_add_message(bundle, element, parse(element, word(packet + at)));
        }
    }
    return bundle;
}

} // namespace

bool shim_liblo_decode(const char *packet, size_t size, uint64_t n, uint64_t *sum) {
    while (n-- > 0) {
        const char *data = hide(packet);
        lo_message message = parse(data, hide(size));
        if (message == nullptr) {
            return false;
        }
        // liblo leaves the address where it was.
        *sum = hide(sum_message(message) + static_cast<uint8_t>(*data));
        lo_message_free(message);
    }
    return true;
}

shim_liblo *shim_liblo_new(const char *packet, size_t size) {
    if (*packet == '#') {
        return new shim_liblo{parse_bundle(packet, size), nullptr, nullptr};
    }
    lo_message message = parse(packet, size);
    return message == nullptr ? nullptr : new shim_liblo{nullptr, message, strdup(packet)};
}

size_t shim_liblo_encode(const shim_liblo *value, char *out, size_t room, uint64_t n) {
    size_t size = value->bundle ? lo_bundle_length(value->bundle)
                                : lo_message_length(value->message, value->path);
    if (size > room) {
        return 0;
    }
    while (n-- > 0) {
        if (value->bundle) {
            lo_bundle_serialise(hide(value->bundle), hide(out), &size);
        } else {
            lo_message_serialise(hide(value->message), hide(value->path), hide(out), &size);
        }
    }
    return size;
}

void shim_liblo_free(shim_liblo *value) {
    if (value->bundle) {
        lo_bundle_free_recursive(value->bundle);
    } else {
        lo_message_free(value->message);
    }
    std::free(const_cast<char *>(value->path));
    delete value;
}
