# gigafleet_cython_module(NAME): compiles src/NAME.pyx into the extension gigafleet.NAME.
# A module's own .pxd is missing from Cython's depfile, so each public .pxd is named in DEPENDS.
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)

function(gigafleet_cython_module name)
  set(pyx "${CMAKE_CURRENT_SOURCE_DIR}/${name}.pyx")
  set(cpp "${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp")
  file(GLOB pxd CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/python/gigafleet/*.pxd")
  add_custom_command(
    OUTPUT "${cpp}"
    COMMAND Python::Interpreter -m cython --cplus -3 --module-name "gigafleet.${name}"
            --output-file "${cpp}" "${pyx}"
    DEPENDS "${pyx}" ${pxd}
    COMMENT "Cython ${name}.pyx" VERBATIM)
  python_add_library(${name} MODULE WITH_SOABI "${cpp}")
  # Generated code is not ours to warn about.
  target_compile_options(${name} PRIVATE -w)
  target_link_libraries(${name} PRIVATE gigafleet_options)
  install(TARGETS ${name} DESTINATION gigafleet)
endfunction()
