// _core.Network and _core.Routes: arrays in, arrays out.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "control.hpp"
#include "gigafleet/error.hpp"
#include "gigafleet/network.hpp"
#include "gigafleet/routes.hpp"
#include "module.hpp"

using gigafleet::ArcId;
using gigafleet::InputError;
using gigafleet::InputTypeError;
using gigafleet::kNoRow;
using gigafleet::Network;
using gigafleet::NetworkInput;
using gigafleet::Routes;
using gigafleet::SiteId;

namespace {

template <class T>
using Array = py::array_t<T, py::array::c_style>;
template <class T>
using MaybeArray = std::optional<Array<T>>;

template <class T>
std::span<const T> view(const Array<T>& array) {
    return {array.data(), static_cast<std::size_t>(array.size())};
}
template <class T>
std::span<const T> view(const MaybeArray<T>& array) {
    return array ? view(*array) : std::span<const T>{};
}

/// A read-only array on the core's memory, which `owner` keeps alive.
template <class T>
py::array borrow(std::span<const T> data, py::handle owner) {
    py::array_t<T> array(static_cast<py::ssize_t>(data.size()), data.data(), owner);
    py::detail::array_proxy(array.ptr())->flags &= ~py::detail::npy_api::NPY_ARRAY_WRITEABLE_;
    return array;
}

using Domains = std::vector<std::tuple<std::string, Array<std::int32_t>, std::vector<std::string>>>;

std::shared_ptr<Network> make_network(std::int64_t sites, const Array<std::int32_t>& tail,
                                      const Array<std::int32_t>& head, const Array<double>& latency_ms,
                                      const MaybeArray<double>& capacity_mbps,
                                      const MaybeArray<double>& price_per_mbps, bool directed,
                                      const MaybeArray<double>& access_up_mbps,
                                      const MaybeArray<double>& access_down_mbps,
                                      const MaybeArray<std::uint64_t>& labels,
                                      std::vector<std::string> label_vocabulary, const Domains& domains) {
    NetworkInput input;
    input.sites = sites;
    input.directed = directed;
    input.tail = view(tail);
    input.head = view(head);
    input.latency_ms = view(latency_ms);
    input.capacity_mbps = view(capacity_mbps);
    input.price_per_mbps = view(price_per_mbps);
    input.access_up_mbps = view(access_up_mbps);
    input.access_down_mbps = view(access_down_mbps);
    input.site_labels = view(labels);
    input.label_vocabulary = std::move(label_vocabulary);
    for (const auto& [level, codes, names] : domains) {
        const auto span = view(codes);
        input.domains.push_back({level, {span.begin(), span.end()}, names});
    }
    const py::gil_scoped_release release;
    return std::make_shared<Network>(input);
}

std::shared_ptr<Routes> make_routes(std::shared_ptr<Network> network, const MaybeArray<std::uint8_t>& allowed,
                                    int threads) {
    const auto flags = view(allowed);
    std::vector<std::uint8_t> owned(flags.begin(), flags.end());
    if (allowed && flags.size() != network->site_count())  // an empty array is not "all sites"
        throw InputTypeError("allowed", kNoRow, std::to_string(flags.size()) + " flags",
                             std::to_string(network->site_count()));
    const py::gil_scoped_release release;
    PyControl control;
    return std::make_shared<Routes>(std::move(network), std::move(owned), threads, control);
}

SiteId site_at(const Routes& routes, const char* argument, std::int64_t row, std::int64_t site) {
    const auto sites = static_cast<std::int64_t>(routes.network().site_count());
    if (site < 0 || site >= sites)
        throw InputError(argument, row, std::to_string(site),
                         "a site from 0 to " + std::to_string(sites - 1));
    return SiteId{static_cast<std::size_t>(site)};
}

/// `f(from, to)` for each pair of the two columns, which have one length.
template <class T, class F>
py::array_t<T> for_pairs(const Routes& routes, const Array<std::int32_t>& from, const Array<std::int32_t>& to,
                         F&& f) {
    if (from.size() != to.size())
        throw InputTypeError("to", kNoRow, std::to_string(to.size()) + " rows", std::to_string(from.size()));
    py::array_t<T> result(from.size());
    const auto a = view(from), b = view(to);
    const std::span<T> out(result.mutable_data(), a.size());
    const py::gil_scoped_release release;
    PyControl control;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const auto row = static_cast<std::int64_t>(i);
        if (i % 1024 == 0) control.poll("routes", row, from.size());
        out[i] = f(site_at(routes, "from", row, a[i]), site_at(routes, "to", row, b[i]));
    }
    return result;
}

py::array_t<std::int32_t> arc_array(const std::vector<ArcId>& arcs) {
    py::array_t<std::int32_t> result(static_cast<py::ssize_t>(arcs.size()));
    std::transform(arcs.begin(), arcs.end(), result.mutable_data(),
                   [](ArcId a) { return static_cast<std::int32_t>(a.value); });
    return result;
}

/// Arcs in order, or None where there is no route.
py::object route(const Routes& routes, std::int64_t from, std::int64_t to) {
    const SiteId a = site_at(routes, "from", kNoRow, from), b = site_at(routes, "to", kNoRow, to);
    if (routes.one_way_ns(a, b) == gigafleet::kUnreachable) return py::none();
    return arc_array(routes.route(a, b));
}

py::array_t<std::int64_t> rtt_matrix(const Routes& routes, const Array<std::int32_t>& origins,
                                     const Array<std::int32_t>& sites) {
    const auto a = view(origins), b = view(sites);
    py::array_t<std::int64_t> result({a.size(), b.size()});
    std::int64_t* out = result.mutable_data();
    const py::gil_scoped_release release;
    PyControl control;
    std::vector<std::uint32_t> cores;
    for (std::size_t i = 0; i < a.size(); ++i)
        cores.push_back(routes.core_index(site_at(routes, "origins", static_cast<std::int64_t>(i), a[i])));
    for (std::size_t j = 0; j < b.size(); ++j) {
        const SiteId s = site_at(routes, "sites", static_cast<std::int64_t>(j), b[j]);
        if (routes.network().directed()) cores.push_back(routes.core_index(s));
    }
    routes.prepare(cores, control);
    for (std::size_t i = 0; i < a.size(); ++i) {
        control.poll("routes", static_cast<std::int64_t>(i), origins.size());
        for (const std::int32_t site : b)
            *out++ =
                routes.rtt_ns(SiteId{static_cast<std::size_t>(a[i])}, SiteId{static_cast<std::size_t>(site)});
    }
    return result;
}

}  // namespace

void register_network(py::module_& m) {
    py::class_<Network, std::shared_ptr<Network>>(m, "Network")
        .def(py::init(&make_network), py::kw_only(), py::arg("sites"), py::arg("tail").noconvert(),
             py::arg("head").noconvert(), py::arg("latency_ms").noconvert(),
             py::arg("capacity_mbps").noconvert(), py::arg("price_per_mbps").noconvert(), py::arg("directed"),
             py::arg("access_up_mbps").noconvert(), py::arg("access_down_mbps").noconvert(),
             py::arg("labels").noconvert(), py::arg("label_vocabulary"), py::arg("domains").noconvert())
        .def_property_readonly("site_count", &Network::site_count)
        .def_property_readonly("link_count", &Network::link_count)
        .def_property_readonly("arc_count", &Network::arc_count)
        .def_property_readonly("directed", &Network::directed)
        .def_property_readonly("latency_ns", [](const py::object& self) {
            return borrow(py::cast<const Network&>(self).latencies_ns(), self);
        });

    py::class_<Routes, std::shared_ptr<Routes>>(m, "Routes")
        .def(py::init(&make_routes), py::arg("network"), py::arg("allowed").noconvert() = py::none(),
             py::arg("threads") = 0)
        .def_property_readonly("core_count", &Routes::core_count)
        .def_property_readonly("row_capacity", &Routes::row_capacity)
        .def(
            "one_way_ns",
            [](const Routes& self, const Array<std::int32_t>& from, const Array<std::int32_t>& to) {
                return for_pairs<std::int64_t>(self, from, to,
                                               [&](SiteId a, SiteId b) { return self.one_way_ns(a, b); });
            },
            py::arg("from_").noconvert(), py::arg("to").noconvert())
        .def(
            "rtt_ns",
            [](const Routes& self, const Array<std::int32_t>& from, const Array<std::int32_t>& to) {
                return for_pairs<std::int64_t>(self, from, to,
                                               [&](SiteId a, SiteId b) { return self.rtt_ns(a, b); });
            },
            py::arg("from_").noconvert(), py::arg("to").noconvert())
        .def(
            "path_price",
            [](const Routes& self, const Array<std::int32_t>& from, const Array<std::int32_t>& to) {
                return for_pairs<double>(self, from, to,
                                         [&](SiteId a, SiteId b) { return self.path_price(a, b); });
            },
            py::arg("from_").noconvert(), py::arg("to").noconvert())
        .def("rtt_matrix", &rtt_matrix, py::arg("origins").noconvert(), py::arg("sites").noconvert())
        .def("route", &route, py::arg("from_"), py::arg("to"))
        .def(
            "back_route",
            [](const Routes& self, std::int64_t origin, std::int64_t site) {
                std::vector<ArcId> arcs;
                self.for_each_arc_back(site_at(self, "origin", kNoRow, origin),
                                       site_at(self, "site", kNoRow, site),
                                       [&](ArcId a) { arcs.push_back(a); });
                return arc_array(arcs);
            },
            py::arg("origin"), py::arg("site"));
}
