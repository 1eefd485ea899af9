#include "gigafleet/primal_dual.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "check.hpp"

using namespace gigafleet;

namespace {

NoControl quiet;

/// The most value of a fractional knapsack, and what a unit more of room is worth.
std::pair<double, double> knapsack(std::vector<std::pair<double, double>> value_size, double room) {
    std::ranges::sort(value_size, [](auto a, auto b) { return a.first * b.second > b.first * a.second; });
    double all = 0;
    for (const auto& [value, size] : value_size) {
        if (size > room) return {all + value * room / size, value / size};
        all += value;
        room -= size;
    }
    return {all, 0};
}

}  // namespace

TEST(the_price_of_a_knapsack_is_that_of_what_is_cut) {
    std::mt19937 random(1);
    std::uniform_real_distribution<double> uniform(0.1, 1);
    for (int i = 0; i < 50; ++i) {
        std::vector<std::pair<double, double>> goods;
        LinearProgram program;
        program.limit = {1};
        const double room = 1 + 5 * uniform(random);
        for (int g = 0; g < 20; ++g) {
            goods.emplace_back(uniform(random), uniform(random));
            program.entries.push_back({0, goods.back().second / room});
            program.add_column(-goods.back().first);
        }
        const auto [most, price] = knapsack(goods, room);
        const Multipliers found = find_multipliers(program, 1e-7, 200000, quiet);
        CHECK(found.gap <= 1e-7);
        CHECK(found.bound <= -most + 1e-12);
        CHECK(std::abs(found.bound + most) < 1e-6 * most);
        CHECK(std::abs(found.row[0] / room - price) < 1e-3 * price);
    }
}

TEST(transport_between_two_pools) {
    // Three units of work, each at 1 on a pool with room for one, or at 4 on another: a unit of room saves 3.
    LinearProgram program;
    program.limit = {1, 1, -1};  // room of the cheap pool; at most all, and at least all of the work
    for (const double cost : {3.0, 12.0}) {
        if (cost == 3) program.entries.push_back({0, 3});
        program.entries.push_back({1, 1});
        program.entries.push_back({2, -1});
        program.add_column(cost);
    }
    const Multipliers found = find_multipliers(program, 1e-8, 100000, quiet);
    CHECK(found.gap <= 1e-8 && std::abs(found.bound - 9) < 1e-6);
    CHECK(std::abs(found.row[0] - 3) < 1e-3);
}

TEST(nothing_binds) {
    LinearProgram program;
    program.limit = {5};
    program.entries.push_back({0, 1});
    program.add_column(-2);
    program.add_column(3);  // in no row
    const Multipliers found = find_multipliers(program, 1e-9, 1000, quiet);
    CHECK_EQ(found.gap, 0);
    CHECK_EQ(found.row[0], 0);
    CHECK_EQ(found.bound, -2);
    CHECK_EQ(find_multipliers({}, 1e-9, 10, quiet).gap, 0);
}

TEST(a_program_without_a_solution_is_never_near) {
    LinearProgram program;
    program.limit = {-2};  // -x <= -2 where x <= 1
    program.entries.push_back({0, -1});
    program.add_column(1);
    CHECK(find_multipliers(program, 1e-6, 5000, quiet).gap > 0.4);
}
