// Small problems, written as rows: for the tests of everything above the network. Columns are borrowed from
// the rows, so a Case must outlive what is built from it.
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "gigafleet/problem.hpp"
#include "net_cases.hpp"

namespace problem_cases {

using namespace gigafleet;

inline constexpr double kInf = INFINITY;

struct NodeRow {
    std::int32_t site = 0;
    double compute = 4, energy_wh = kInf, price_compute = 0, price_energy = 0;
    double access_rtt_ms = 0, link_up_mbps = kInf, link_down_mbps = kInf, available_s = kInf;
    std::int64_t count = 1;
    std::uint8_t labels = 0;  ///< over kNodeLabels
    double devices = 0, device_memory = 0;
    std::uint8_t models = 0;  ///< over kModels
};

struct TaskRow {
    std::int32_t origin = 0;
    double compute = 1, energy_wh = 0, weight = 1;
    std::int32_t priority = 0;
    double uplink_mbps = 0, downlink_mbps = 0, max_rtt_ms = kInf, duration_s = 0;
    std::int64_t count = 1;
    std::uint8_t require = 0, any_of = 0, forbid = 0;      ///< over kTaskLabels
    std::uint8_t transit_require = 0, transit_forbid = 0;  ///< over kTransitLabels
    double devices = 0, device_memory = 0;
    std::int64_t gang = -1, spread = -1, spread_max = 1;
    std::int8_t gang_level = kSiteLevel, spread_level = kNodeLevel;
    std::int32_t model = -1;  ///< into kModels
    double max_wait_s = kInf;
};

inline const std::vector<std::string> kNodeLabels{"ev", "gpu"};
inline const std::vector<std::string> kTaskLabels{"ev", "gpu", "country=X", "country=Y", "nobody"};
inline const std::vector<std::string> kModels{"a", "b", "c"};
inline const std::vector<std::string> kSiteLabels{"fibre", "sea"};
inline const std::vector<std::string> kTransitLabels{"fibre", "sea", "country=X"};

struct Case {
    net_cases::Links links;
    std::vector<double> capacity_mbps, access_up_mbps, access_down_mbps;  ///< empty: no limit
    std::vector<std::uint64_t> site_labels;                               ///< over kSiteLabels; empty: none
    std::vector<std::int32_t> country;  ///< 0: X, 1: Y, -1: none; empty: none
    std::vector<NodeRow> nodes;
    std::vector<TaskRow> tasks;
    Objective objective;
    std::vector<double> weights;  ///< of the first of kModels, in units of compute; empty: no models
    double compute_resolution = 1e-3;
    bool scalars = false;  ///< columns whose rows agree become scalars
    int threads = 1;

    /// Site 0 alone.
    static Case one_site();
    /// Sites 0 to n - 1 in a row, 1 ms from each to the next.
    static Case line(std::int64_t sites, bool directed = false);

    /// Whether any node has devices: else the problem knows of none.
    bool has_devices() const;
    /// The same of gangs and spread groups of tasks.
    bool has_bonds() const;
    std::shared_ptr<const Network> network() const;
    Schema schema() const;
    ModelTable models() const;
    NodeColumns node_columns() const;
    TaskColumns task_columns() const;
    std::shared_ptr<const Fleet> fleet(const Network& network) const;
    std::shared_ptr<const Workload> workload(const Network& network) const;
    std::shared_ptr<const Problem> problem(unsigned disabled_rules = 0) const;
};

/// Several random networks, joined at random.
net_cases::Links random_links(std::mt19937& random, bool directed, int parts);

/// A random problem with every column in play: few values, so that rows fold, capacities and limits bind, and
/// costs tie now and then. `parts`: size of the network; one is up to 21 sites.
Case random_case(std::mt19937& random, std::size_t most_nodes, std::size_t most_tasks, int parts = 1);

/// The same where most tasks use a model, and some nodes hold some.
Case random_model_case(std::mt19937& random, std::size_t most_nodes, std::size_t most_tasks);

/// The same where nodes have devices and most tasks ask for some: shares, whole ones, memory of each.
Case random_device_case(std::mt19937& random, std::size_t most_nodes, std::size_t most_tasks);

}  // namespace problem_cases
