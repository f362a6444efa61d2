// oscpack, used as its own examples use it: checked accessors, the argument stream, the outbound stream.

#include "shim.h"

#include <oscpack/osc/OscOutboundPacketStream.h>
#include <oscpack/osc/OscReceivedElements.h>

namespace {

using osc::ReceivedBundle;
using osc::ReceivedMessage;
using osc::ReceivedPacket;

uint64_t sum_address(const ReceivedMessage &message) {
    return static_cast<uint8_t>(*message.AddressPattern());
}

uint64_t sum_message(const ReceivedMessage &message) {
    uint64_t sum = sum_address(message);
    for (auto arg = message.ArgumentsBegin(); arg != message.ArgumentsEnd(); ++arg) {
        switch (arg->TypeTag()) {
        case osc::INT32_TYPE_TAG: sum += sum_int(arg->AsInt32()); break;
        case osc::FLOAT_TYPE_TAG: sum += sum_float(arg->AsFloat()); break;
        case osc::STRING_TYPE_TAG: sum += std::strlen(arg->AsString()); break;
        case osc::SYMBOL_TYPE_TAG: sum += std::strlen(arg->AsSymbol()); break;
        case osc::BLOB_TYPE_TAG: {
            const void *data;
            osc::osc_bundle_element_size_t size;
            arg->AsBlob(data, size);
            sum += sum_blob(data, size);
            break;
        }
        case osc::INT64_TYPE_TAG: sum += static_cast<uint64_t>(arg->AsInt64()); break;
        case osc::TIME_TAG_TYPE_TAG: sum += arg->AsTimeTag(); break;
        case osc::DOUBLE_TYPE_TAG: sum += sum_double(arg->AsDouble()); break;
        case osc::TRUE_TYPE_TAG:
        case osc::FALSE_TYPE_TAG: sum += arg->AsBool(); break;
        case osc::ARRAY_BEGIN_TYPE_TAG: sum += 1; break;
        default: break;
        }
    }
    return sum;
}

// Recursive, as `OscPacketListener::ProcessBundle` is.
uint64_t sum_bundle(const ReceivedBundle &bundle) {
    uint64_t sum = 0;
    for (auto element = bundle.ElementsBegin(); element != bundle.ElementsEnd(); ++element) {
        sum += element->IsBundle() ? sum_bundle(ReceivedBundle(*element))
                                   : sum_message(ReceivedMessage(*element));
    }
    return sum;
}

uint64_t sum_packet(const char *data, size_t size) {
    ReceivedPacket packet(data, size);
    return packet.IsBundle() ? sum_bundle(ReceivedBundle(packet))
                             : sum_message(ReceivedMessage(packet));
}

uint64_t typed_tiny(const ReceivedMessage &message) {
    float freq;
    message.ArgumentStream() >> freq >> osc::EndMessage;
    return sum_float(freq);
}

uint64_t typed_medium(const ReceivedMessage &message) {
    osc::int32 band;
    float gain;
    const char *shape;
    osc::Blob blob;
    message.ArgumentStream() >> band >> gain >> shape >> blob >> osc::EndMessage;
    return sum_int(band) + sum_float(gain) + std::strlen(shape) + sum_blob(blob.data, blob.size);
}

uint64_t typed_snew(const ReceivedMessage &message) {
    const char *synth, *first, *second, *third;
    osc::int32 id, action, target;
    float x, y, z;
    message.ArgumentStream() >> synth >> id >> action >> target >> first >> x >> second >> y >>
        third >> z >> osc::EndMessage;
    return std::strlen(synth) + sum_int(id) + sum_int(action) + sum_int(target) +
           std::strlen(first) + sum_float(x) + std::strlen(second) + sum_float(y) +
           std::strlen(third) + sum_float(z);
}

template <typename Read>
bool repeat(const char *data, size_t size, uint64_t n, uint64_t *sum, Read read) {
    try {
        uint64_t last = 0;
        while (n-- > 0) {
            last = hide(read(hide(data), hide(size)));
        }
        *sum = last;
        return true;
    } catch (const osc::Exception &) {
        return false;
    }
}

template <typename Read>
bool repeat_typed(const char *data, size_t size, uint64_t n, uint64_t *sum, Read read) {
    return repeat(data, size, n, sum, [read](const char *data, size_t size) {
        ReceivedMessage message{ReceivedPacket(data, size)};
        return sum_address(message) + read(message);
    });
}

using Out = osc::OutboundPacketStream;

osc::BeginMessage begin(const char *address) { return osc::BeginMessage(hide(address)); }

void write_tiny(Out &out) { out << begin("/synth/1/freq") << hide(440.0f) << osc::EndMessage; }

void write_medium(Out &out, const shim_bulk &bulk) {
    out << begin("/mixer/channel/12/eq/band/3") << hide<osc::int32>(3) << hide(-4.5f)
        << hide("peak") << osc::Blob(hide(bulk.blob), hide(bulk.blob_size)) << osc::EndMessage;
}

void write_snew(Out &out) {
    out << begin("/s_new") << hide("default") << hide<osc::int32>(1001) << hide<osc::int32>(0)
        << hide<osc::int32>(1) << hide("freq") << hide(440.0f) << hide("amp") << hide(0.2f)
        << hide("pan") << hide(-0.5f) << osc::EndMessage;
}

void write_bundle16(Out &out) {
    out << osc::BeginBundle(hide<osc::uint64>(1));
    for (osc::int32 i = 0; i < 4; ++i) {
        out << begin("/synth/voice/freq") << hide(i) << hide(440.0f) << osc::EndMessage;
        out << begin("/tuio/2Dcur") << hide("set") << hide(i) << hide(0.25f) << hide(0.75f)
            << hide(0.01f) << hide(-0.02f) << hide(0.5f) << osc::EndMessage;
        out << begin("/transport/state") << hide("playing") << hide(true) << hide(120.5)
            << osc::EndMessage;
        out << begin("/clock/tick") << hide<osc::int64>(96'000) << osc::TimeTag(hide(1ul << 32))
            << osc::EndMessage;
    }
    out << osc::EndBundle;
}

void write_nested64(Out &out) {
    out << osc::BeginBundle(hide<osc::uint64>(1));
    for (int i = 0; i < 4; ++i) {
        out << osc::BeginBundle(hide<osc::uint64>(1));
        for (int j = 0; j < 4; ++j) {
            out << osc::BeginBundle(hide<osc::uint64>(1));
            for (osc::int32 k = 0; k < 4; ++k) {
                out << begin("/voice/amp") << hide(k) << hide(0.5f) << osc::EndMessage;
            }
            out << osc::EndBundle;
        }
        out << osc::EndBundle;
    }
    out << osc::EndBundle;
}

void write_blob(Out &out, const shim_bulk &bulk) {
    out << begin("/buffer/1/data") << hide<osc::int32>(0)
        << osc::Blob(hide(bulk.blob), hide(bulk.blob_size)) << osc::EndMessage;
}

void write_floats(Out &out, const shim_bulk &bulk) {
    auto floats = hide(bulk.floats);
    out << begin("/meters");
    for (size_t i = 0; i < bulk.float_count; ++i) {
        out << floats[i];
    }
    out << osc::EndMessage;
}

void write_arrays(Out &out) {
    out << begin("/sequencer/pattern") << hide("verse") << osc::BeginArray;
    for (osc::int32 step = 0; step < 8; ++step) {
        out << hide(60 + step);
    }
    out << osc::EndArray << osc::BeginArray;
    for (osc::int32 accent = 0; accent < 4; ++accent) {
        out << osc::BeginArray << hide(accent) << hide(0.75f) << osc::EndArray;
    }
    out << osc::EndArray << hide(120.0f) << osc::EndMessage;
}

template <typename Write> size_t repeat_write(char *to, size_t room, uint64_t n, Write write) {
    try {
        size_t size = 0;
        while (n-- > 0) {
            Out out(hide(to), room);
            write(out);
            size = hide(out.Size());
        }
        return size;
    } catch (const osc::Exception &) {
        return 0;
    }
}

} // namespace

bool shim_oscpack_decode(const char *packet, size_t size, uint64_t n, uint64_t *sum) {
    return repeat(packet, size, n, sum, sum_packet);
}

bool shim_oscpack_typed(int which, const char *packet, size_t size, uint64_t n, uint64_t *sum) {
    switch (which) {
    case SHIM_TINY: return repeat_typed(packet, size, n, sum, [](auto &m) { return typed_tiny(m); });
    case SHIM_MEDIUM: return repeat_typed(packet, size, n, sum, [](auto &m) { return typed_medium(m); });
    case SHIM_SNEW: return repeat_typed(packet, size, n, sum, [](auto &m) { return typed_snew(m); });
    default: return false;
    }
}

size_t shim_oscpack_encode(int which, const shim_bulk *bulk, char *to, size_t room, uint64_t n) {
    switch (which) {
    case SHIM_TINY: return repeat_write(to, room, n, [](Out &out) { write_tiny(out); });
    case SHIM_MEDIUM: return repeat_write(to, room, n, [=](Out &out) { write_medium(out, *bulk); });
    case SHIM_SNEW: return repeat_write(to, room, n, [](Out &out) { write_snew(out); });
    case SHIM_BUNDLE16: return repeat_write(to, room, n, [](Out &out) { write_bundle16(out); });
    case SHIM_NESTED64: return repeat_write(to, room, n, [](Out &out) { write_nested64(out); });
    case SHIM_BLOB1K:
    case SHIM_BLOB64K: return repeat_write(to, room, n, [=](Out &out) { write_blob(out, *bulk); });
    case SHIM_FLOATS128: return repeat_write(to, room, n, [=](Out &out) { write_floats(out, *bulk); });
    case SHIM_ARRAYS: return repeat_write(to, room, n, [](Out &out) { write_arrays(out); });
    default: return 0;
    }
}
