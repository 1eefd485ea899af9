# Compile options of everything we build, as the interface target `gigafleet_options`.
option(GIGAFLEET_TESTS "Build the C++ tests of the core" OFF)
option(GIGAFLEET_WERROR "Treat warnings as errors" OFF)
# Half the time of a build goes into reading headers. Off, every file must include all it needs.
option(GIGAFLEET_PCH "Precompile headers" ON)
set(GIGAFLEET_CORE "" CACHE FILEPATH "A core that is built already, instead of building it again")
set(GIGAFLEET_SANITIZE "" CACHE STRING "Sanitizers to build with, e.g. 'address,undefined' or 'thread'")

set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

add_library(gigafleet_options INTERFACE)
target_compile_features(gigafleet_options INTERFACE cxx_std_20)
target_compile_options(gigafleet_options INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  # Results may not depend on whether the compiler fuses a multiply with an add.
  -ffp-contract=off)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_options(gigafleet_options INTERFACE -march=x86-64-v2)
endif()
if(GIGAFLEET_WERROR)
  target_compile_options(gigafleet_options INTERFACE -Werror)
endif()
if(GIGAFLEET_SANITIZE)
  target_compile_options(gigafleet_options INTERFACE
    -fsanitize=${GIGAFLEET_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  if(GIGAFLEET_SANITIZE MATCHES "address.*undefined")
    # Where pointers lead is watched by the address sanitizer; asking at each use, too, doubles the time to compile.
    target_compile_options(gigafleet_options INTERFACE
      -fno-sanitize=null,alignment,object-size,vptr,nonnull-attribute,returns-nonnull-attribute,pointer-overflow)
  endif()
  target_link_options(gigafleet_options INTERFACE -fsanitize=${GIGAFLEET_SANITIZE})
endif()
