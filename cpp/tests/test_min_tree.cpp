#include "gigafleet/min_tree.hpp"

#include <algorithm>
#include <random>

#include "check.hpp"

using namespace gigafleet;

namespace {

std::size_t scan(const MinTree& tree, std::size_t first, std::size_t last, std::int64_t limit) {
    std::size_t best = MinTree::kNone;
    double cost = MinTree::kOut;
    for (std::size_t i = first; i < last; ++i) {
        if (!(tree.cost(i) < cost) || tree.distance(i) > limit) continue;
        cost = tree.cost(i);
        best = i;
    }
    return best;
}

/// Random updates of ranges, each followed by random queries, against a scan of the leaves.
void against_a_scan(std::size_t leaves, int rounds, std::mt19937& random) {
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
    const auto range = [&] {
        const std::size_t a = below(leaves + 1), b = below(leaves + 1);
        return std::pair(std::min(a, b), std::max(a, b));
    };
    MinTree tree;
    tree.resize(leaves);
    const auto draw = [&](std::size_t i) {
        tree.cost(i) = below(4) == 0 ? MinTree::kOut : static_cast<double>(below(50)) - 10;
    };
    for (std::size_t i = 0; i < leaves; ++i) {
        draw(i);
        tree.distance(i) = static_cast<std::int64_t>(below(20));
    }
    tree.build();
    for (int round = 0; round < rounds; ++round) {
        auto [first, last] = range();
        if (below(2)) last = std::min(last, first + 3);
        for (std::size_t i = first; i < last; ++i) draw(i);
        tree.update(first, last);
        for (int query = 0; query < 8; ++query) {
            const auto [from, to] = range();
            const std::int64_t limit = below(5) == 0 ? INT64_MAX : static_cast<std::int64_t>(below(22)) - 1;
            CHECK_EQ(tree.best(from, to, limit), scan(tree, from, to, limit));
        }
    }
}

}  // namespace

TEST(the_best_is_that_of_a_scan) {
    std::mt19937 random(1);
    for (std::size_t leaves = 1; leaves < 60; ++leaves) against_a_scan(leaves, 12, random);
    for (const std::size_t leaves : {255, 256, 257, 272, 511, 4095, 4096, 4097, 4400})
        against_a_scan(leaves, 25, random);
    against_a_scan(70'000, 6, random);
}

TEST(of_equals_the_lowest) {
    MinTree tree;
    tree.resize(1000);
    for (std::size_t i = 0; i < 1000; ++i) tree.cost(i) = 2;
    tree.build();
    for (std::size_t first = 0; first < 1000; first += 37) CHECK_EQ(tree.best(first, 1000, 0), first);
}

TEST(near_enough_includes_the_limit_and_infinity_is_out) {
    MinTree tree;
    tree.resize(3);
    CHECK_EQ(tree.best(0, 3, INT64_MAX), MinTree::kNone);
    tree.cost(1) = -1;
    tree.distance(1) = 5;
    tree.cost(2) = 3;
    tree.distance(2) = INT64_MAX;
    tree.build();
    CHECK_EQ(tree.best(0, 3, 5), 1u);
    CHECK_EQ(tree.best(0, 3, 4), MinTree::kNone);
    CHECK_EQ(tree.best(2, 3, INT64_MAX), 2u);
    CHECK_EQ(tree.best(0, 1, INT64_MAX), MinTree::kNone);
    CHECK_EQ(tree.best(2, 2, INT64_MAX), MinTree::kNone);
}

TEST(no_leaves_at_all) {
    MinTree tree;
    tree.resize(0);
    tree.build();
    CHECK_EQ(tree.best(0, 0, INT64_MAX), MinTree::kNone);
}
