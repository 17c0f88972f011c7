// Handles that free themselves and statuses that throw, over the C interface.
#ifndef ONNXFOLD_HPP
#define ONNXFOLD_HPP

#include <onnxfold/onnxfold.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace onnxfold {

class error : public std::runtime_error {
public:
    error(onnxfold_status st, const std::string &message, std::string node = {},
          std::uint64_t offset = ONNXFOLD_NO_OFFSET)
        : std::runtime_error(message), status_(st), node_(std::move(node)), offset_(offset)
    {
    }
    onnxfold_status status() const noexcept { return status_; }
    const std::string &node() const noexcept { return node_; }
    std::uint64_t offset() const noexcept { return offset_; }

private:
    onnxfold_status status_;
    std::string node_;
    std::uint64_t offset_;
};

inline void check(onnxfold_status st)
{
    if (st != ONNXFOLD_OK) throw error(st, onnxfold_status_name(st));
}

template <class T, void (*Free)(T **)> struct deleter {
    void operator()(T *p) const noexcept { Free(&p); }
};

class options {
public:
    options()
    {
        onnxfold_options *o = nullptr;
        check(onnxfold_options_new(nullptr, &o));
        p_.reset(o);
    }
    options &set(std::int32_t id, std::int64_t value)
    {
        check(onnxfold_options_set_int(get(), id, value));
        return *this;
    }
    options &add(std::int32_t list, const std::string &text)
    {
        check(onnxfold_options_list_add(get(), list, text.c_str()));
        return *this;
    }
    options &remove(std::int32_t list, const std::string &text)
    {
        check(onnxfold_options_list_remove(get(), list, text.c_str()));
        return *this;
    }
    onnxfold_options *get() const noexcept { return p_.get(); }

private:
    std::unique_ptr<onnxfold_options, deleter<onnxfold_options, onnxfold_options_free>> p_;
};

class buffer {
public:
    explicit buffer(onnxfold_buffer *b) : p_(b) {}
    std::string_view view() const noexcept
    {
        return {static_cast<const char *>(onnxfold_buffer_data(p_.get())), onnxfold_buffer_size(p_.get())};
    }

private:
    std::unique_ptr<onnxfold_buffer, deleter<onnxfold_buffer, onnxfold_buffer_free>> p_;
};

class model {
public:
    explicit model(const options &o = options())
    {
        onnxfold_model *m = nullptr;
        check(onnxfold_model_new(o.get(), &m));
        p_.reset(m);
    }
    model &load(const std::string &path, const options &o = options())
    {
        return done(onnxfold_model_load_file(p_.get(), path.c_str(), o.get()));
    }
    // The bytes must outlive the model.
    model &load(const void *data, std::size_t size, const options &o = options())
    {
        return done(onnxfold_model_load_memory(p_.get(), data, size, nullptr, o.get()));
    }
    model &bind(const std::string &symbol, std::int64_t value)
    {
        return done(onnxfold_model_bind_symbol(p_.get(), symbol.c_str(), value));
    }
    model &optimize(const options &o = options()) { return done(onnxfold_model_optimize(p_.get(), o.get())); }
    model &save(const std::string &path, const options &o = options())
    {
        return done(onnxfold_model_save_file(p_.get(), path.c_str(), o.get()));
    }
    buffer bytes(const options &o = options())
    {
        onnxfold_buffer *b = nullptr;
        done(onnxfold_model_save_memory(p_.get(), o.get(), &b));
        return buffer(b);
    }
    std::uint64_t number(std::int32_t id)
    {
        const onnxfold_report *r = onnxfold_model_report(p_.get());
        done(onnxfold_model_error_status(p_.get()));
        return onnxfold_report_number(r, id);
    }
    onnxfold_model *get() const noexcept { return p_.get(); }

private:
    model &done(onnxfold_status st)
    {
        if (st != ONNXFOLD_OK)
            throw error(st, onnxfold_model_error_message(p_.get()), onnxfold_model_error_node(p_.get()),
                        onnxfold_model_error_offset(p_.get()));
        return *this;
    }
    std::unique_ptr<onnxfold_model, deleter<onnxfold_model, onnxfold_model_free>> p_;
};

} // namespace onnxfold

#endif
