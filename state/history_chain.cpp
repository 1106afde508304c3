// SPDX-License-Identifier: Apache-2.0
#include "state/history_chain.hpp"

#include "state/rows.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>

namespace apikeyd::history_chain {

namespace {

constexpr int commit_column_count = 3;
constexpr std::size_t usual_size = 1024; // of a row's bytes
constexpr std::size_t mark_size = 8 + sizeof(Digest);

void append_number(std::string& bytes, std::int64_t value) {
    std::array<char, 8> digits{};
    for (std::size_t i = 0; i < digits.size(); ++i) {
        digits[i] = static_cast<char>(static_cast<std::uint64_t>(value) >> (56 - 8 * i) & 0xFF);
    }
    bytes.append(digits.data(), digits.size());
}

std::string_view bytes_of(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// Gathers the columns of one row.
class Row {
  public:
    explicit Row(const Digest& before) {
        bytes_.reserve(usual_size);
        bytes_ = bytes_of(before);
    }

    void add_null() { bytes_.push_back('n'); }
    void add(std::int64_t value) {
        bytes_.push_back('i');
        append_number(bytes_, value);
    }
    void add(std::string_view value, char type = 't') {
        bytes_.push_back(type);
        append_number(bytes_, static_cast<std::int64_t>(value.size()));
        bytes_ += value;
    }
    void add(const std::optional<std::string>& value) { value ? add(std::string_view(*value)) : add_null(); }
    void add(const std::optional<bool>& value) { value ? add(std::int64_t{*value ? 1 : 0}) : add_null(); }
    void add(WallTime time) { add(std::int64_t{time.time_since_epoch().count()}); }

    void add(const SQLite::Column& column) {
        const auto text = [&] {
            return std::string_view(static_cast<const char*>(column.getBlob()),
                                    static_cast<std::size_t>(column.getBytes()));
        };
        const int type = column.getType();
        if (type == SQLite::Null) {
            add_null();
        } else if (type == SQLite::INTEGER) {
            add(std::int64_t{column.getInt64()});
        } else if (type == SQLite::TEXT) {
            add(text());
        } else { // a real can't be in a STRICT table's column of another type
            add(text(), 'b');
        }
    }

    Digest digest() const {
        Sha256 hash;
        hash.update(bytes_);
        return hash.finish_bytes();
    }

  private:
    std::string bytes_;
};

} // namespace

std::optional<Mark> read_mark(SQLite::Database& db, const char* name) {
    SQLite::Statement query(db, "SELECT value FROM meta WHERE name = ?");
    query.bindNoCopy(1, name);
    if (!query.executeStep()) {
        return std::nullopt;
    }
    const std::string bytes = query.getColumn(0).getString();
    if (bytes.size() != mark_size) {
        return std::nullopt;
    }
    Mark mark;
    std::uint64_t seq = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        seq = seq << 8 | static_cast<std::uint8_t>(bytes[i]);
    }
    mark.seq = static_cast<std::int64_t>(seq);
    std::memcpy(mark.chain.data(), bytes.data() + 8, mark.chain.size());
    return mark;
}

void write_mark(SQLite::Database& db, const char* name, const Mark& mark) {
    SQLite::Statement statement(db, put_mark);
    write_mark(statement, name, mark);
}

void write_mark(SQLite::Statement& statement, const char* name, const Mark& mark) {
    std::string bytes;
    append_number(bytes, mark.seq);
    bytes += bytes_of(mark.chain);
    statement.tryReset();
    statement.bindNoCopy(1, name);
    statement.bind(2, bytes.data(), static_cast<int>(bytes.size()));
    statement.exec();
}

Digest next(const Digest& before, std::int64_t seq, const HistoryEntry& entry, const Commit* commit) {
    Row row(before);
    row.add(seq);
    row.add(entry.at);
    if (entry.id) {
        const auto& id = entry.id->bytes();
        row.add(std::string_view(reinterpret_cast<const char*>(id.data()), id.size()), 'b');
    } else {
        row.add_null();
    }
    row.add(entry.reconciliation);
    row.add(std::string_view(entry.reason));
    row.add(entry.asked.name);
    row.add(entry.asked.enabled);
    row.add(entry.before_name);
    row.add(entry.before_enabled);
    row.add(entry.after_name);
    row.add(entry.after_enabled);
    row.add(std::string_view(entry.outcome));
    row.add(std::int64_t{entry.http_status});
    row.add(std::int64_t{entry.attempt});
    row.add(std::int64_t{entry.duration.count()});
    for (const std::string* text :
         {&entry.source, &entry.revision, &entry.detail, &entry.commit, &entry.actor}) {
        row.add(std::string_view(*text));
    }
    if (commit != nullptr) {
        row.add(std::string_view(commit->author));
        row.add(commit->authored_at);
        row.add(std::string_view(commit->subject));
    } else {
        for (int i = 0; i < commit_column_count; ++i) {
            row.add_null();
        }
    }
    return row.digest();
}

Digest next(const Digest& before, SQLite::Statement& row) {
    Row columns(before);
    for (int i = 0; i < rows::history_column_count + commit_column_count; ++i) {
        columns.add(row.getColumn(i));
    }
    return columns.digest();
}

Digest read_digest(const SQLite::Column& column) {
    Digest digest{};
    if (static_cast<std::size_t>(column.getBytes()) == digest.size()) { // the CHECK can be switched off
        std::memcpy(digest.data(), column.getBlob(), digest.size());
    }
    return digest;
}

void begin(SQLite::Database& db) {
    write_mark(db, head,
               {db.execAndGet("SELECT coalesce(max(seq), 0) FROM history_unchained").getInt64(), {}});
}

} // namespace apikeyd::history_chain
