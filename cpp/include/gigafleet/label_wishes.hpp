// The labels of nodes that a shape asks for, name by name: what a node lacks to pass, not only whether it
// does.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gigafleet/label_rule.hpp"
#include "gigafleet/problem.hpp"

namespace gigafleet {

class LabelWishes {
public:
    /// So many names of one column, without which nodes pass.
    struct Lack {
        LabelRole role;
        std::size_t names;
    };

    /// require, any_of and forbid of the shape. Keeps a reference to the problem's network.
    LabelWishes(const Problem& problem, ShapeId shape);

    /// Where one column alone is in the way of nodes with these labels at the site. O(names).
    std::optional<Lack> lack(std::uint64_t labels, SiteId site) const;
    /// The names of that column which are in the way; all where it is any_of.
    std::vector<std::string> in_the_way(LabelRole role, std::uint64_t labels, SiteId site) const;

private:
    struct Wish {
        std::string name;
        LabelTerms term;
    };
    bool is_in_the_way(LabelRole role, const Wish& wish, std::uint64_t labels, SiteId site) const {
        return wish.term.all(labels, network_, site) == (role == kForbid);
    }

    const Network& network_;
    std::array<std::vector<Wish>, kForbid + 1> wishes_;  // by role
};

}  // namespace gigafleet
