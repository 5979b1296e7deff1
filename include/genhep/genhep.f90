! genhep.f90 -- libgenhep for Fortran: every public function, and short forms that take Fortran strings.
!
! Made by tests/bindings/make_fortran.py from include/genhep/*.h, which are the manual: change those, not this file.
! Compile it once with your program (a .mod file belongs to one compiler) and link with -lgenhep.
!
!   Handles are type(c_ptr). Shapes are reversed: what C calls (N,D) row-major is events(D,N) here.
!   Text goes in as genhep_c('text'); text that the library returns is read with genhep_f(pointer).
!   Structures carry their struct_size already. An argument that may be NULL in C is optional here.
!   genhep_check(status) stops the program with the library's message; look at the status yourself where you can go on.
! SPDX-License-Identifier: BSD-3-Clause
module genhep
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: error_unit
    implicit none
    private :: error_unit
    private :: set_text, set_int32, set_int64, set_real, draw_double, draw_float, append_double, append_float, strlen

    integer(c_int32_t), parameter, public :: GENHEP_VERSION_MAJOR = 1
    integer(c_int32_t), parameter, public :: GENHEP_VERSION_MINOR = 0
    integer(c_int32_t), parameter, public :: GENHEP_VERSION_PATCH = 0
    integer(c_int32_t), parameter, public :: GENHEP_OK = 0
    integer(c_int32_t), parameter, public :: GENHEP_E_ARG = -1
    integer(c_int32_t), parameter, public :: GENHEP_E_NOMEM = -2
    integer(c_int32_t), parameter, public :: GENHEP_E_OPTION = -10
    integer(c_int32_t), parameter, public :: GENHEP_E_SHAPE = -11
    integer(c_int32_t), parameter, public :: GENHEP_E_STATE = -12
    integer(c_int32_t), parameter, public :: GENHEP_E_BUFFER = -13
    integer(c_int32_t), parameter, public :: GENHEP_E_IO = -20
    integer(c_int32_t), parameter, public :: GENHEP_E_FORMAT = -21
    integer(c_int32_t), parameter, public :: GENHEP_E_VERSION = -22
    integer(c_int32_t), parameter, public :: GENHEP_E_NUMERIC = -30
    integer(c_int32_t), parameter, public :: GENHEP_E_USER = -40
    integer(c_int32_t), parameter, public :: GENHEP_OPTION_INT = 1
    integer(c_int32_t), parameter, public :: GENHEP_OPTION_REAL = 2
    integer(c_int32_t), parameter, public :: GENHEP_OPTION_TEXT = 3
    integer(c_int32_t), parameter, public :: GENHEP_LOG_INFO = 1
    integer(c_int32_t), parameter, public :: GENHEP_LOG_WARNING = 2
    integer(c_int32_t), parameter, public :: GENHEP_FLOAT32 = 4
    integer(c_int32_t), parameter, public :: GENHEP_FLOAT64 = 8
    integer(c_int32_t), parameter, public :: GENHEP_BEST = 1
    integer(c_int32_t), parameter, public :: GENHEP_LAST = 2
    integer(c_int32_t), parameter, public :: GENHEP_AVERAGE = 3
    character(len=*), parameter, public :: GENHEP_MODULE_VERSION = "1.0.0"

    type, bind(c), public :: genhep_option_row
        integer(c_int64_t) :: struct_size = 72 ! bytes of this type
        type(c_ptr) :: key
        integer(c_int32_t) :: type
        type(c_ptr) :: default_value
        real(c_double) :: minimum
        real(c_double) :: maximum
        type(c_ptr) :: choices
        type(c_ptr) :: since
        type(c_ptr) :: help
    end type genhep_option_row

    type, bind(c), public :: genhep_allocator
        integer(c_int64_t) :: struct_size = 32 ! bytes of this type
        type(c_funptr) :: reallocate
        type(c_funptr) :: release
        type(c_ptr) :: user
    end type genhep_allocator

    type, bind(c), public :: genhep_column
        integer(c_int64_t) :: struct_size = 24 ! bytes of this type
        type(c_ptr) :: name
        type(c_ptr) :: unit
    end type genhep_column

    type, bind(c), public :: genhep_class
        integer(c_int64_t) :: struct_size = 40 ! bytes of this type
        type(c_ptr) :: name
        integer(c_int32_t) :: samples
        real(c_double) :: fraction
        real(c_double) :: sigma_pb
    end type genhep_class

    type, bind(c), public :: genhep_progress
        integer(c_int64_t) :: struct_size = 152 ! bytes of this type
        integer(c_int64_t) :: step
        integer(c_int64_t) :: steps
        integer(c_int64_t) :: epoch
        integer(c_int32_t) :: finished
        integer(c_int32_t) :: stage
        real(c_double) :: seconds
        real(c_double) :: seconds_left
        real(c_double) :: events_per_second
        real(c_double) :: learning_rate
        real(c_double) :: loss
        real(c_double) :: reconstruction
        real(c_double) :: divergence
        real(c_double) :: validation
        real(c_double) :: figure
        real(c_double) :: best_figure
        integer(c_int64_t) :: best_step
        real(c_double) :: discriminator
        real(c_double) :: penalty
        real(c_double) :: mmd
    end type genhep_progress

    type, bind(c), public :: genhep_observable
        integer(c_int64_t) :: struct_size = 112 ! bytes of this type
        type(c_ptr) :: name
        type(c_ptr) :: unit
        integer(c_int64_t) :: bins
        type(c_ptr) :: edges
        type(c_ptr) :: truth
        type(c_ptr) :: truth_error
        type(c_ptr) :: generated
        type(c_ptr) :: generated_error
        real(c_double) :: chi2_ndf
        real(c_double) :: w1
        real(c_double) :: w1_floor
        real(c_double) :: ks
        real(c_double) :: ks_p
    end type genhep_observable

    type, bind(c), public :: genhep_overdensity
        integer(c_int64_t) :: struct_size = 80 ! bytes of this type
        real(c_double) :: p_value
        real(c_double) :: significance
        integer(c_int64_t) :: centre
        integer(c_int32_t) :: centre_is_data
        integer(c_int64_t) :: neighbours
        integer(c_int64_t) :: inside
        real(c_double) :: expected
        real(c_double) :: radius
        integer(c_int64_t) :: axis
    end type genhep_overdensity

    type, bind(c), public :: genhep_integral
        integer(c_int64_t) :: struct_size = 104 ! bytes of this type
        integer(c_int64_t) :: points
        real(c_double) :: integral
        real(c_double) :: error
        real(c_double) :: chi2_ndf
        real(c_double) :: efficiency
        real(c_double) :: efficiency_quantile
        real(c_double) :: ess
        real(c_double) :: accepted
        real(c_double) :: largest_weight
        integer(c_int64_t) :: training_points
        real(c_double) :: seconds_training
        real(c_double) :: seconds_sampling
    end type genhep_integral

    interface
        ! ---- version.h
        function genhep_version() bind(c, name="genhep_version") result(returned)
            import
            type(c_ptr) :: returned
        end function genhep_version
        function genhep_blas() bind(c, name="genhep_blas") result(returned)
            import
            type(c_ptr) :: returned
        end function genhep_blas
        ! ---- error.h
        function genhep_status_name(status) bind(c, name="genhep_status_name") result(returned)
            import
            integer(c_int32_t), value :: status
            type(c_ptr) :: returned
        end function genhep_status_name
        function genhep_last_error(buf, capacity) bind(c, name="genhep_last_error") result(returned)
            import
            character(kind=c_char), intent(inout), optional :: buf(*)
            integer(c_int64_t), value :: capacity
            integer(c_int32_t) :: returned
        end function genhep_last_error
        ! ---- options.h
        function genhep_options_create(options) bind(c, name="genhep_options_create") result(returned)
            import
            type(c_ptr), intent(out) :: options
            integer(c_int32_t) :: returned
        end function genhep_options_create
        function genhep_options_create_with(allocator, options) &
            & bind(c, name="genhep_options_create_with") result(returned)
            import
            type(genhep_allocator), intent(in), optional :: allocator
            type(c_ptr), intent(out) :: options
            integer(c_int32_t) :: returned
        end function genhep_options_create_with
        function genhep_options_copy(options, copy) bind(c, name="genhep_options_copy") result(returned)
            import
            type(c_ptr), value :: options
            type(c_ptr), intent(out) :: copy
            integer(c_int32_t) :: returned
        end function genhep_options_copy
        subroutine genhep_options_free(options) bind(c, name="genhep_options_free")
            import
            type(c_ptr), value :: options
        end subroutine genhep_options_free
        function genhep_options_set(options, key, value) bind(c, name="genhep_options_set") result(returned)
            import
            type(c_ptr), value :: options
            character(kind=c_char), intent(in) :: key(*)
            character(kind=c_char), intent(in) :: value(*)
            integer(c_int32_t) :: returned
        end function genhep_options_set
        function genhep_options_set_int(options, key, value) bind(c, name="genhep_options_set_int") result(returned)
            import
            type(c_ptr), value :: options
            character(kind=c_char), intent(in) :: key(*)
            integer(c_int64_t), value :: value
            integer(c_int32_t) :: returned
        end function genhep_options_set_int
        function genhep_options_set_real(options, key, value) bind(c, name="genhep_options_set_real") result(returned)
            import
            type(c_ptr), value :: options
            character(kind=c_char), intent(in) :: key(*)
            real(c_double), value :: value
            integer(c_int32_t) :: returned
        end function genhep_options_set_real
        function genhep_options_set_text(options, key, value) bind(c, name="genhep_options_set_text") result(returned)
            import
            type(c_ptr), value :: options
            character(kind=c_char), intent(in) :: key(*)
            character(kind=c_char), intent(in) :: value(*)
            integer(c_int32_t) :: returned
        end function genhep_options_set_text
        function genhep_options_parse(options, assignment) bind(c, name="genhep_options_parse") result(returned)
            import
            type(c_ptr), value :: options
            character(kind=c_char), intent(in) :: assignment(*)
            integer(c_int32_t) :: returned
        end function genhep_options_parse
        function genhep_options_read_card(options, path) bind(c, name="genhep_options_read_card") result(returned)
            import
            type(c_ptr), value :: options
            character(kind=c_char), intent(in) :: path(*)
            integer(c_int32_t) :: returned
        end function genhep_options_read_card
        function genhep_options_get_int(options, key, value) bind(c, name="genhep_options_get_int") result(returned)
            import
            type(c_ptr), value :: options
            character(kind=c_char), intent(in) :: key(*)
            integer(c_int64_t), intent(out) :: value
            integer(c_int32_t) :: returned
        end function genhep_options_get_int
        function genhep_options_get_real(options, key, value) bind(c, name="genhep_options_get_real") result(returned)
            import
            type(c_ptr), value :: options
            character(kind=c_char), intent(in) :: key(*)
            real(c_double), intent(out) :: value
            integer(c_int32_t) :: returned
        end function genhep_options_get_real
        function genhep_options_get_text(options, key, buf, capacity, length) &
            & bind(c, name="genhep_options_get_text") result(returned)
            import
            type(c_ptr), value :: options
            character(kind=c_char), intent(in) :: key(*)
            character(kind=c_char), intent(inout), optional :: buf(*)
            integer(c_int64_t), value :: capacity
            integer(c_int64_t), intent(out), optional :: length
            integer(c_int32_t) :: returned
        end function genhep_options_get_text
        function genhep_options_is_set(options, key, is_set) bind(c, name="genhep_options_is_set") result(returned)
            import
            type(c_ptr), value :: options
            character(kind=c_char), intent(in) :: key(*)
            integer(c_int32_t), intent(out) :: is_set
            integer(c_int32_t) :: returned
        end function genhep_options_is_set
        function genhep_option_count() bind(c, name="genhep_option_count") result(returned)
            import
            integer(c_int64_t) :: returned
        end function genhep_option_count
        function genhep_option_info(index, row) bind(c, name="genhep_option_info") result(returned)
            import
            integer(c_int64_t), value :: index
            type(genhep_option_row), intent(inout) :: row
            integer(c_int32_t) :: returned
        end function genhep_option_info
        function genhep_options_set_log(options, log, user) bind(c, name="genhep_options_set_log") result(returned)
            import
            type(c_ptr), value :: options
            type(c_funptr), value :: log
            type(c_ptr), value :: user
            integer(c_int32_t) :: returned
        end function genhep_options_set_log
        ! ---- random.h
        subroutine genhep_philox4x32(counter, key, out) bind(c, name="genhep_philox4x32")
            import
            integer(c_int32_t), intent(in) :: counter(4)
            integer(c_int32_t), intent(in) :: key(2)
            integer(c_int32_t), intent(out) :: out(4)
        end subroutine genhep_philox4x32
        function genhep_random_uniform(seed, stream, first, n, out) &
            & bind(c, name="genhep_random_uniform") result(returned)
            import
            integer(c_int64_t), value :: seed
            integer(c_int64_t), value :: stream
            integer(c_int64_t), value :: first
            integer(c_int64_t), value :: n
            real(c_double), intent(out) :: out(*)
            integer(c_int32_t) :: returned
        end function genhep_random_uniform
        function genhep_random_normal(seed, stream, first, n, out) &
            & bind(c, name="genhep_random_normal") result(returned)
            import
            integer(c_int64_t), value :: seed
            integer(c_int64_t), value :: stream
            integer(c_int64_t), value :: first
            integer(c_int64_t), value :: n
            real(c_double), intent(out) :: out(*)
            integer(c_int32_t) :: returned
        end function genhep_random_normal
        function genhep_random_normal_float(seed, stream, first, n, width, out) &
            & bind(c, name="genhep_random_normal_float") result(returned)
            import
            integer(c_int64_t), value :: seed
            integer(c_int64_t), value :: stream
            integer(c_int64_t), value :: first
            integer(c_int64_t), value :: n
            integer(c_int64_t), value :: width
            real(c_float), intent(out) :: out(*)
            integer(c_int32_t) :: returned
        end function genhep_random_normal_float
        ! ---- dataset.h
        function genhep_dataset_open(path, options, dataset) bind(c, name="genhep_dataset_open") result(returned)
            import
            character(kind=c_char), intent(in) :: path(*)
            type(c_ptr), value :: options
            type(c_ptr), intent(out) :: dataset
            integer(c_int32_t) :: returned
        end function genhep_dataset_open
        function genhep_dataset_from_arrays(options, n_events, n_columns, names, units, values, stride, weights, &
            & dataset) bind(c, name="genhep_dataset_from_arrays") result(returned)
            import
            type(c_ptr), value :: options
            integer(c_int64_t), value :: n_events
            integer(c_int64_t), value :: n_columns
            type(c_ptr), intent(in) :: names(*)
            type(c_ptr), intent(in), optional :: units(*)
            real(c_double), intent(in) :: values(*)
            integer(c_int64_t), value :: stride
            real(c_double), intent(in), optional :: weights(*)
            type(c_ptr), intent(out) :: dataset
            integer(c_int32_t) :: returned
        end function genhep_dataset_from_arrays
        function genhep_dataset_write(dataset, path, options) bind(c, name="genhep_dataset_write") result(returned)
            import
            type(c_ptr), value :: dataset
            character(kind=c_char), intent(in) :: path(*)
            type(c_ptr), value :: options
            integer(c_int32_t) :: returned
        end function genhep_dataset_write
        function genhep_dataset_slice(dataset, first, n_events, slice) &
            & bind(c, name="genhep_dataset_slice") result(returned)
            import
            type(c_ptr), value :: dataset
            integer(c_int64_t), value :: first
            integer(c_int64_t), value :: n_events
            type(c_ptr), intent(out) :: slice
            integer(c_int32_t) :: returned
        end function genhep_dataset_slice
        function genhep_dataset_shuffle(dataset, seed, shuffled) &
            & bind(c, name="genhep_dataset_shuffle") result(returned)
            import
            type(c_ptr), value :: dataset
            integer(c_int64_t), value :: seed
            type(c_ptr), intent(out) :: shuffled
            integer(c_int32_t) :: returned
        end function genhep_dataset_shuffle
        function genhep_dataset_events(dataset) bind(c, name="genhep_dataset_events") result(returned)
            import
            type(c_ptr), value :: dataset
            integer(c_int64_t) :: returned
        end function genhep_dataset_events
        function genhep_dataset_columns(dataset) bind(c, name="genhep_dataset_columns") result(returned)
            import
            type(c_ptr), value :: dataset
            integer(c_int64_t) :: returned
        end function genhep_dataset_columns
        function genhep_dataset_column(dataset, index, column) bind(c, name="genhep_dataset_column") result(returned)
            import
            type(c_ptr), value :: dataset
            integer(c_int64_t), value :: index
            type(genhep_column), intent(inout) :: column
            integer(c_int32_t) :: returned
        end function genhep_dataset_column
        function genhep_dataset_values(dataset, values, stride, capacity) &
            & bind(c, name="genhep_dataset_values") result(returned)
            import
            type(c_ptr), value :: dataset
            real(c_double), intent(out) :: values(*)
            integer(c_int64_t), value :: stride
            integer(c_int64_t), value :: capacity
            integer(c_int32_t) :: returned
        end function genhep_dataset_values
        function genhep_dataset_weights(dataset, weights, capacity, has_weights) &
            & bind(c, name="genhep_dataset_weights") result(returned)
            import
            type(c_ptr), value :: dataset
            real(c_double), intent(out) :: weights(*)
            integer(c_int64_t), value :: capacity
            integer(c_int32_t), intent(out), optional :: has_weights
            integer(c_int32_t) :: returned
        end function genhep_dataset_weights
        function genhep_dataset_attribute(dataset, key) bind(c, name="genhep_dataset_attribute") result(returned)
            import
            type(c_ptr), value :: dataset
            character(kind=c_char), intent(in) :: key(*)
            type(c_ptr) :: returned
        end function genhep_dataset_attribute
        function genhep_dataset_set_attribute(dataset, key, value) &
            & bind(c, name="genhep_dataset_set_attribute") result(returned)
            import
            type(c_ptr), value :: dataset
            character(kind=c_char), intent(in) :: key(*)
            character(kind=c_char), intent(in) :: value(*)
            integer(c_int32_t) :: returned
        end function genhep_dataset_set_attribute
        subroutine genhep_dataset_free(dataset) bind(c, name="genhep_dataset_free")
            import
            type(c_ptr), value :: dataset
        end subroutine genhep_dataset_free
        ! ---- model.h
        function genhep_model_create(options, datasets, n_datasets, model) &
            & bind(c, name="genhep_model_create") result(returned)
            import
            type(c_ptr), value :: options
            type(c_ptr), intent(in) :: datasets(*)
            integer(c_int64_t), value :: n_datasets
            type(c_ptr), intent(out) :: model
            integer(c_int32_t) :: returned
        end function genhep_model_create
        function genhep_bvae_create(options, datasets, n_datasets, model) &
            & bind(c, name="genhep_bvae_create") result(returned)
            import
            type(c_ptr), value :: options
            type(c_ptr), intent(in) :: datasets(*)
            integer(c_int64_t), value :: n_datasets
            type(c_ptr), intent(out) :: model
            integer(c_int32_t) :: returned
        end function genhep_bvae_create
        function genhep_gan_create(options, datasets, n_datasets, model) &
            & bind(c, name="genhep_gan_create") result(returned)
            import
            type(c_ptr), value :: options
            type(c_ptr), intent(in) :: datasets(*)
            integer(c_int64_t), value :: n_datasets
            type(c_ptr), intent(out) :: model
            integer(c_int32_t) :: returned
        end function genhep_gan_create
        function genhep_fcgan_create(options, datasets, n_datasets, model) &
            & bind(c, name="genhep_fcgan_create") result(returned)
            import
            type(c_ptr), value :: options
            type(c_ptr), intent(in) :: datasets(*)
            integer(c_int64_t), value :: n_datasets
            type(c_ptr), intent(out) :: model
            integer(c_int32_t) :: returned
        end function genhep_fcgan_create
        function genhep_subgan_create(options, datasets, n_datasets, model) &
            & bind(c, name="genhep_subgan_create") result(returned)
            import
            type(c_ptr), value :: options
            type(c_ptr), intent(in) :: datasets(*)
            integer(c_int64_t), value :: n_datasets
            type(c_ptr), intent(out) :: model
            integer(c_int32_t) :: returned
        end function genhep_subgan_create
        function genhep_independent_create(options, datasets, n_datasets, model) &
            & bind(c, name="genhep_independent_create") result(returned)
            import
            type(c_ptr), value :: options
            type(c_ptr), intent(in) :: datasets(*)
            integer(c_int64_t), value :: n_datasets
            type(c_ptr), intent(out) :: model
            integer(c_int32_t) :: returned
        end function genhep_independent_create
        function genhep_model_open(path, options, model) bind(c, name="genhep_model_open") result(returned)
            import
            character(kind=c_char), intent(in) :: path(*)
            type(c_ptr), value :: options
            type(c_ptr), intent(out) :: model
            integer(c_int32_t) :: returned
        end function genhep_model_open
        function genhep_model_open_memory(bytes, size, options, model) &
            & bind(c, name="genhep_model_open_memory") result(returned)
            import
            type(c_ptr), value :: bytes
            integer(c_int64_t), value :: size
            type(c_ptr), value :: options
            type(c_ptr), intent(out) :: model
            integer(c_int32_t) :: returned
        end function genhep_model_open_memory
        function genhep_model_save(model, path) bind(c, name="genhep_model_save") result(returned)
            import
            type(c_ptr), value :: model
            character(kind=c_char), intent(in) :: path(*)
            integer(c_int32_t) :: returned
        end function genhep_model_save
        function genhep_model_verify(model) bind(c, name="genhep_model_verify") result(returned)
            import
            type(c_ptr), value :: model
            integer(c_int32_t) :: returned
        end function genhep_model_verify
        function genhep_model_columns(model) bind(c, name="genhep_model_columns") result(returned)
            import
            type(c_ptr), value :: model
            integer(c_int64_t) :: returned
        end function genhep_model_columns
        function genhep_model_conditions(model) bind(c, name="genhep_model_conditions") result(returned)
            import
            type(c_ptr), value :: model
            integer(c_int64_t) :: returned
        end function genhep_model_conditions
        function genhep_model_latents(model) bind(c, name="genhep_model_latents") result(returned)
            import
            type(c_ptr), value :: model
            integer(c_int64_t) :: returned
        end function genhep_model_latents
        function genhep_model_column(model, index, column) bind(c, name="genhep_model_column") result(returned)
            import
            type(c_ptr), value :: model
            integer(c_int64_t), value :: index
            type(genhep_column), intent(inout) :: column
            integer(c_int32_t) :: returned
        end function genhep_model_column
        function genhep_model_condition(model, index, column) bind(c, name="genhep_model_condition") result(returned)
            import
            type(c_ptr), value :: model
            integer(c_int64_t), value :: index
            type(genhep_column), intent(inout) :: column
            integer(c_int32_t) :: returned
        end function genhep_model_condition
        function genhep_model_classes(model) bind(c, name="genhep_model_classes") result(returned)
            import
            type(c_ptr), value :: model
            integer(c_int64_t) :: returned
        end function genhep_model_classes
        function genhep_model_class(model, index, info) bind(c, name="genhep_model_class") result(returned)
            import
            type(c_ptr), value :: model
            integer(c_int64_t), value :: index
            type(genhep_class), intent(inout) :: info
            integer(c_int32_t) :: returned
        end function genhep_model_class
        function genhep_model_info(model, buf, capacity, length) bind(c, name="genhep_model_info") result(returned)
            import
            type(c_ptr), value :: model
            character(kind=c_char), intent(inout), optional :: buf(*)
            integer(c_int64_t), value :: capacity
            integer(c_int64_t), intent(out), optional :: length
            integer(c_int32_t) :: returned
        end function genhep_model_info
        function genhep_model_attribute(model, key) bind(c, name="genhep_model_attribute") result(returned)
            import
            type(c_ptr), value :: model
            character(kind=c_char), intent(in) :: key(*)
            type(c_ptr) :: returned
        end function genhep_model_attribute
        function genhep_model_encode(model, n_events, events, stride, mu, sigma) &
            & bind(c, name="genhep_model_encode") result(returned)
            import
            type(c_ptr), value :: model
            integer(c_int64_t), value :: n_events
            real(c_double), intent(in) :: events(*)
            integer(c_int64_t), value :: stride
            real(c_double), intent(out) :: mu(*)
            real(c_double), intent(out), optional :: sigma(*)
            integer(c_int32_t) :: returned
        end function genhep_model_encode
        function genhep_model_components(model, mean, variances, vectors) &
            & bind(c, name="genhep_model_components") result(returned)
            import
            type(c_ptr), value :: model
            real(c_double), intent(out) :: mean(*)
            real(c_double), intent(out) :: variances(*)
            real(c_double), intent(out) :: vectors(*)
            integer(c_int32_t) :: returned
        end function genhep_model_components
        function genhep_model_decode(model, n_events, latents, events, stride) &
            & bind(c, name="genhep_model_decode") result(returned)
            import
            type(c_ptr), value :: model
            integer(c_int64_t), value :: n_events
            real(c_double), intent(in) :: latents(*)
            real(c_double), intent(out) :: events(*)
            integer(c_int64_t), value :: stride
            integer(c_int32_t) :: returned
        end function genhep_model_decode
        function genhep_model_log_density(model, options, n_events, events, stride, log_density) &
            & bind(c, name="genhep_model_log_density") result(returned)
            import
            type(c_ptr), value :: model
            type(c_ptr), value :: options
            integer(c_int64_t), value :: n_events
            real(c_double), intent(in) :: events(*)
            integer(c_int64_t), value :: stride
            real(c_double), intent(out) :: log_density(*)
            integer(c_int32_t) :: returned
        end function genhep_model_log_density
        function genhep_model_buffer_density(model, options, n_events, events, stride, log_density) &
            & bind(c, name="genhep_model_buffer_density") result(returned)
            import
            type(c_ptr), value :: model
            type(c_ptr), value :: options
            integer(c_int64_t), value :: n_events
            real(c_double), intent(in) :: events(*)
            integer(c_int64_t), value :: stride
            real(c_double), intent(out) :: log_density(*)
            integer(c_int32_t) :: returned
        end function genhep_model_buffer_density
        subroutine genhep_model_free(model) bind(c, name="genhep_model_free")
            import
            type(c_ptr), value :: model
        end subroutine genhep_model_free
        ! ---- trainer.h
        function genhep_trainer_create(model, datasets, n_datasets, options, trainer) &
            & bind(c, name="genhep_trainer_create") result(returned)
            import
            type(c_ptr), value :: model
            type(c_ptr), intent(in) :: datasets(*)
            integer(c_int64_t), value :: n_datasets
            type(c_ptr), value :: options
            type(c_ptr), intent(out) :: trainer
            integer(c_int32_t) :: returned
        end function genhep_trainer_create
        function genhep_trainer_step(trainer, n_steps) bind(c, name="genhep_trainer_step") result(returned)
            import
            type(c_ptr), value :: trainer
            integer(c_int64_t), value :: n_steps
            integer(c_int32_t) :: returned
        end function genhep_trainer_step
        function genhep_trainer_run(trainer, checkpoint, progress, user) &
            & bind(c, name="genhep_trainer_run") result(returned)
            import
            type(c_ptr), value :: trainer
            character(kind=c_char), intent(in), optional :: checkpoint(*)
            type(c_funptr), value :: progress
            type(c_ptr), value :: user
            integer(c_int32_t) :: returned
        end function genhep_trainer_run
        function genhep_trainer_progress(trainer, progress) bind(c, name="genhep_trainer_progress") result(returned)
            import
            type(c_ptr), value :: trainer
            type(genhep_progress), intent(inout) :: progress
            integer(c_int32_t) :: returned
        end function genhep_trainer_progress
        function genhep_trainer_save(trainer, path) bind(c, name="genhep_trainer_save") result(returned)
            import
            type(c_ptr), value :: trainer
            character(kind=c_char), intent(in) :: path(*)
            integer(c_int32_t) :: returned
        end function genhep_trainer_save
        function genhep_trainer_resume(path, datasets, n_datasets, options, trainer) &
            & bind(c, name="genhep_trainer_resume") result(returned)
            import
            character(kind=c_char), intent(in) :: path(*)
            type(c_ptr), intent(in) :: datasets(*)
            integer(c_int64_t), value :: n_datasets
            type(c_ptr), value :: options
            type(c_ptr), intent(out) :: trainer
            integer(c_int32_t) :: returned
        end function genhep_trainer_resume
        function genhep_trainer_model(trainer, which, model) bind(c, name="genhep_trainer_model") result(returned)
            import
            type(c_ptr), value :: trainer
            integer(c_int32_t), value :: which
            type(c_ptr), intent(out) :: model
            integer(c_int32_t) :: returned
        end function genhep_trainer_model
        function genhep_trainer_kernel(trainer) bind(c, name="genhep_trainer_kernel") result(returned)
            import
            type(c_ptr), value :: trainer
            type(c_ptr) :: returned
        end function genhep_trainer_kernel
        subroutine genhep_trainer_free(trainer) bind(c, name="genhep_trainer_free")
            import
            type(c_ptr), value :: trainer
        end subroutine genhep_trainer_free
        ! ---- sampler.h
        function genhep_sampler_create(model, options, sampler) bind(c, name="genhep_sampler_create") result(returned)
            import
            type(c_ptr), value :: model
            type(c_ptr), value :: options
            type(c_ptr), intent(out) :: sampler
            integer(c_int32_t) :: returned
        end function genhep_sampler_create
        function genhep_sampler_draw_float(sampler, n_events, cond, cond_stride, events, stride, capacity) &
            & bind(c, name="genhep_sampler_draw_float") result(returned)
            import
            type(c_ptr), value :: sampler
            integer(c_int64_t), value :: n_events
            real(c_double), intent(in), optional :: cond(*)
            integer(c_int64_t), value :: cond_stride
            real(c_float), intent(out) :: events(*)
            integer(c_int64_t), value :: stride
            integer(c_int64_t), value :: capacity
            integer(c_int32_t) :: returned
        end function genhep_sampler_draw_float
        function genhep_sampler_draw_double(sampler, n_events, cond, cond_stride, events, stride, capacity) &
            & bind(c, name="genhep_sampler_draw_double") result(returned)
            import
            type(c_ptr), value :: sampler
            integer(c_int64_t), value :: n_events
            real(c_double), intent(in), optional :: cond(*)
            integer(c_int64_t), value :: cond_stride
            real(c_double), intent(out) :: events(*)
            integer(c_int64_t), value :: stride
            integer(c_int64_t), value :: capacity
            integer(c_int32_t) :: returned
        end function genhep_sampler_draw_double
        function genhep_sampler_draw_weighted_float(sampler, n_events, cond, cond_stride, events, stride, capacity, &
            & weights) bind(c, name="genhep_sampler_draw_weighted_float") result(returned)
            import
            type(c_ptr), value :: sampler
            integer(c_int64_t), value :: n_events
            real(c_double), intent(in), optional :: cond(*)
            integer(c_int64_t), value :: cond_stride
            real(c_float), intent(out) :: events(*)
            integer(c_int64_t), value :: stride
            integer(c_int64_t), value :: capacity
            real(c_double), intent(out), optional :: weights(*)
            integer(c_int32_t) :: returned
        end function genhep_sampler_draw_weighted_float
        function genhep_sampler_draw_weighted_double(sampler, n_events, cond, cond_stride, events, stride, &
            & capacity, weights) bind(c, name="genhep_sampler_draw_weighted_double") result(returned)
            import
            type(c_ptr), value :: sampler
            integer(c_int64_t), value :: n_events
            real(c_double), intent(in), optional :: cond(*)
            integer(c_int64_t), value :: cond_stride
            real(c_double), intent(out) :: events(*)
            integer(c_int64_t), value :: stride
            integer(c_int64_t), value :: capacity
            real(c_double), intent(out), optional :: weights(*)
            integer(c_int32_t) :: returned
        end function genhep_sampler_draw_weighted_double
        function genhep_sampler_next(sampler, cond, event, weight) &
            & bind(c, name="genhep_sampler_next") result(returned)
            import
            type(c_ptr), value :: sampler
            real(c_double), intent(in), optional :: cond(*)
            real(c_double), intent(out) :: event(*)
            real(c_double), intent(out), optional :: weight
            integer(c_int32_t) :: returned
        end function genhep_sampler_next
        function genhep_sampler_seek(sampler, event) bind(c, name="genhep_sampler_seek") result(returned)
            import
            type(c_ptr), value :: sampler
            integer(c_int64_t), value :: event
            integer(c_int32_t) :: returned
        end function genhep_sampler_seek
        function genhep_sampler_tell(sampler, event) bind(c, name="genhep_sampler_tell") result(returned)
            import
            type(c_ptr), value :: sampler
            integer(c_int64_t), intent(out) :: event
            integer(c_int32_t) :: returned
        end function genhep_sampler_tell
        function genhep_sampler_set_uniform(sampler, uniform, user) &
            & bind(c, name="genhep_sampler_set_uniform") result(returned)
            import
            type(c_ptr), value :: sampler
            type(c_funptr), value :: uniform
            type(c_ptr), value :: user
            integer(c_int32_t) :: returned
        end function genhep_sampler_set_uniform
        function genhep_sampler_kernel(sampler) bind(c, name="genhep_sampler_kernel") result(returned)
            import
            type(c_ptr), value :: sampler
            type(c_ptr) :: returned
        end function genhep_sampler_kernel
        subroutine genhep_sampler_free(sampler) bind(c, name="genhep_sampler_free")
            import
            type(c_ptr), value :: sampler
        end subroutine genhep_sampler_free
        ! ---- writer.h
        function genhep_writer_create(schema, path, weighted, options, writer) &
            & bind(c, name="genhep_writer_create") result(returned)
            import
            type(c_ptr), value :: schema
            character(kind=c_char), intent(in) :: path(*)
            integer(c_int32_t), value :: weighted
            type(c_ptr), value :: options
            type(c_ptr), intent(out) :: writer
            integer(c_int32_t) :: returned
        end function genhep_writer_create
        function genhep_writer_create_for_model(model, path, weighted, options, writer) &
            & bind(c, name="genhep_writer_create_for_model") result(returned)
            import
            type(c_ptr), value :: model
            character(kind=c_char), intent(in) :: path(*)
            integer(c_int32_t), value :: weighted
            type(c_ptr), value :: options
            type(c_ptr), intent(out) :: writer
            integer(c_int32_t) :: returned
        end function genhep_writer_create_for_model
        function genhep_writer_append_float(writer, n_events, events, stride, weights) &
            & bind(c, name="genhep_writer_append_float") result(returned)
            import
            type(c_ptr), value :: writer
            integer(c_int64_t), value :: n_events
            real(c_float), intent(in) :: events(*)
            integer(c_int64_t), value :: stride
            real(c_double), intent(in), optional :: weights(*)
            integer(c_int32_t) :: returned
        end function genhep_writer_append_float
        function genhep_writer_append_double(writer, n_events, events, stride, weights) &
            & bind(c, name="genhep_writer_append_double") result(returned)
            import
            type(c_ptr), value :: writer
            integer(c_int64_t), value :: n_events
            real(c_double), intent(in) :: events(*)
            integer(c_int64_t), value :: stride
            real(c_double), intent(in), optional :: weights(*)
            integer(c_int32_t) :: returned
        end function genhep_writer_append_double
        function genhep_writer_set_attribute(writer, key, value) &
            & bind(c, name="genhep_writer_set_attribute") result(returned)
            import
            type(c_ptr), value :: writer
            character(kind=c_char), intent(in) :: key(*)
            character(kind=c_char), intent(in) :: value(*)
            integer(c_int32_t) :: returned
        end function genhep_writer_set_attribute
        function genhep_writer_close(writer) bind(c, name="genhep_writer_close") result(returned)
            import
            type(c_ptr), value :: writer
            integer(c_int32_t) :: returned
        end function genhep_writer_close
        function genhep_writer_events(writer) bind(c, name="genhep_writer_events") result(returned)
            import
            type(c_ptr), value :: writer
            integer(c_int64_t) :: returned
        end function genhep_writer_events
        subroutine genhep_writer_free(writer) bind(c, name="genhep_writer_free")
            import
            type(c_ptr), value :: writer
        end subroutine genhep_writer_free
        ! ---- evaluate.h
        function genhep_observables(events, process, options, observables) &
            & bind(c, name="genhep_observables") result(returned)
            import
            type(c_ptr), value :: events
            character(kind=c_char), intent(in), optional :: process(*)
            type(c_ptr), value :: options
            type(c_ptr), intent(out) :: observables
            integer(c_int32_t) :: returned
        end function genhep_observables
        function genhep_evaluate(truth, generated, train, process, options, evaluation) &
            & bind(c, name="genhep_evaluate") result(returned)
            import
            type(c_ptr), value :: truth
            type(c_ptr), value :: generated
            type(c_ptr), value :: train
            character(kind=c_char), intent(in), optional :: process(*)
            type(c_ptr), value :: options
            type(c_ptr), intent(out) :: evaluation
            integer(c_int32_t) :: returned
        end function genhep_evaluate
        function genhep_evaluation_json(evaluation) bind(c, name="genhep_evaluation_json") result(returned)
            import
            type(c_ptr), value :: evaluation
            type(c_ptr) :: returned
        end function genhep_evaluation_json
        function genhep_evaluation_figure(evaluation, name, value) &
            & bind(c, name="genhep_evaluation_figure") result(returned)
            import
            type(c_ptr), value :: evaluation
            character(kind=c_char), intent(in) :: name(*)
            real(c_double), intent(out) :: value
            integer(c_int32_t) :: returned
        end function genhep_evaluation_figure
        function genhep_find_overdensity(options, n_data, data, n_reference, reference, d, result) &
            & bind(c, name="genhep_find_overdensity") result(returned)
            import
            type(c_ptr), value :: options
            integer(c_int64_t), value :: n_data
            real(c_double), intent(in) :: data(*)
            integer(c_int64_t), value :: n_reference
            real(c_double), intent(in) :: reference(*)
            integer(c_int64_t), value :: d
            type(genhep_overdensity), intent(inout) :: result
            integer(c_int32_t) :: returned
        end function genhep_find_overdensity
        function genhep_evaluation_observables(evaluation) &
            & bind(c, name="genhep_evaluation_observables") result(returned)
            import
            type(c_ptr), value :: evaluation
            integer(c_int64_t) :: returned
        end function genhep_evaluation_observables
        function genhep_evaluation_observable(evaluation, index, observable) &
            & bind(c, name="genhep_evaluation_observable") result(returned)
            import
            type(c_ptr), value :: evaluation
            integer(c_int64_t), value :: index
            type(genhep_observable), intent(inout) :: observable
            integer(c_int32_t) :: returned
        end function genhep_evaluation_observable
        subroutine genhep_evaluation_free(evaluation) bind(c, name="genhep_evaluation_free")
            import
            type(c_ptr), value :: evaluation
        end subroutine genhep_evaluation_free
        ! ---- integrate.h
        function genhep_integrator_create(dim, integrand, user, options, integrator) &
            & bind(c, name="genhep_integrator_create") result(returned)
            import
            integer(c_int64_t), value :: dim
            type(c_funptr), value :: integrand
            type(c_ptr), value :: user
            type(c_ptr), value :: options
            type(c_ptr), intent(out) :: integrator
            integer(c_int32_t) :: returned
        end function genhep_integrator_create
        function genhep_integrator_adapt(integrator, progress, progress_user) &
            & bind(c, name="genhep_integrator_adapt") result(returned)
            import
            type(c_ptr), value :: integrator
            type(c_funptr), value :: progress
            type(c_ptr), value :: progress_user
            integer(c_int32_t) :: returned
        end function genhep_integrator_adapt
        function genhep_integrator_run(integrator, n_points, result) &
            & bind(c, name="genhep_integrator_run") result(returned)
            import
            type(c_ptr), value :: integrator
            integer(c_int64_t), value :: n_points
            type(genhep_integral), intent(inout) :: result
            integer(c_int32_t) :: returned
        end function genhep_integrator_run
        function genhep_integrator_draw(integrator, n_points, points, stride, capacity, weights) &
            & bind(c, name="genhep_integrator_draw") result(returned)
            import
            type(c_ptr), value :: integrator
            integer(c_int64_t), value :: n_points
            real(c_double), intent(out) :: points(*)
            integer(c_int64_t), value :: stride
            integer(c_int64_t), value :: capacity
            real(c_double), intent(out) :: weights(*)
            integer(c_int32_t) :: returned
        end function genhep_integrator_draw
        function genhep_integrator_unweight(integrator, n_points, points, stride, capacity, weights) &
            & bind(c, name="genhep_integrator_unweight") result(returned)
            import
            type(c_ptr), value :: integrator
            integer(c_int64_t), value :: n_points
            real(c_double), intent(out) :: points(*)
            integer(c_int64_t), value :: stride
            integer(c_int64_t), value :: capacity
            real(c_double), intent(out) :: weights(*)
            integer(c_int32_t) :: returned
        end function genhep_integrator_unweight
        function genhep_integrator_set_model(integrator, model) &
            & bind(c, name="genhep_integrator_set_model") result(returned)
            import
            type(c_ptr), value :: integrator
            type(c_ptr), value :: model
            integer(c_int32_t) :: returned
        end function genhep_integrator_set_model
        function genhep_integrator_model(integrator) bind(c, name="genhep_integrator_model") result(returned)
            import
            type(c_ptr), value :: integrator
            type(c_ptr) :: returned
        end function genhep_integrator_model
        subroutine genhep_integrator_free(integrator) bind(c, name="genhep_integrator_free")
            import
            type(c_ptr), value :: integrator
        end subroutine genhep_integrator_free
    end interface

    interface
        function strlen(text) bind(c, name="strlen") result(length)
            import
            type(c_ptr), value :: text
            integer(c_size_t) :: length
        end function strlen
    end interface

    !> call genhep_set(options, 'train.lr', 1e-3_c_double): value is text, integer or real(c_double); stops on failure.
    interface genhep_set
        module procedure set_text, set_int32, set_int64, set_real
    end interface genhep_set

    !> status = genhep_draw(sampler, events [, cond]): fill events(D,N), real(c_double) or real(c_float), with N events.
    interface genhep_draw
        module procedure draw_double, draw_float
    end interface genhep_draw

    !> status = genhep_append(writer, events [, weights]): write events(D,N), real(c_double) or real(c_float), N events.
    interface genhep_append
        module procedure append_double, append_float
    end interface genhep_append

contains

    !> A Fortran string as C takes it: trailing blanks dropped, NUL added.
    pure function genhep_c(text) result(c)
        character(len=*), intent(in) :: text
        character(kind=c_char, len=len_trim(text) + 1) :: c
        c = trim(text) // c_null_char
    end function genhep_c

    !> A C string as Fortran takes it; empty for a null pointer.
    function genhep_f(pointer) result(text)
        type(c_ptr), intent(in) :: pointer
        character(len=:), allocatable :: text
        character(kind=c_char), dimension(:), pointer :: bytes
        integer(c_size_t) :: i, n
        n = 0
        if (c_associated(pointer)) n = strlen(pointer)
        allocate (character(len=n) :: text)
        if (n == 0) return
        call c_f_pointer(pointer, bytes, [n])
        do i = 1, n
            text(i:i) = bytes(i)
        end do
    end function genhep_f

    !> The message of this thread's last failed call.
    function genhep_message() result(text)
        character(len=:), allocatable :: text
        character(kind=c_char), dimension(512), target :: buffer
        integer(c_int32_t) :: status
        buffer(1) = c_null_char
        status = genhep_last_error(buffer, size(buffer, kind=c_int64_t))
        if (status == GENHEP_OK) buffer(1) = c_null_char
        text = genhep_f(c_loc(buffer))
    end function genhep_message

    !> Stop the program with the name of the status and the library's message, unless all is well.
    subroutine genhep_check(status)
        integer(c_int32_t), intent(in) :: status
        if (status == GENHEP_OK) return
        write (error_unit, '(a)') genhep_f(genhep_status_name(status)) // ': ' // genhep_message()
        error stop 1
    end subroutine genhep_check

    !> The effective value of an option as text.
    function genhep_get(options, key) result(text)
        type(c_ptr), intent(in) :: options
        character(len=*), intent(in) :: key
        character(len=:), allocatable :: text
        character(kind=c_char), dimension(:), allocatable, target :: buffer
        integer(c_int64_t) :: length
        integer(c_int32_t) :: status
        length = 0
        status = genhep_options_get_text(options, genhep_c(key), capacity=0_c_int64_t, length=length)
        if (status /= GENHEP_E_BUFFER) call genhep_check(status)
        allocate (buffer(length + 1))
        call genhep_check(genhep_options_get_text(options, genhep_c(key), buffer, length + 1))
        text = genhep_f(c_loc(buffer))
    end function genhep_get

    !> Name of column `index` (from 1) of a model.
    function genhep_model_column_name(model, index) result(name)
        type(c_ptr), intent(in) :: model
        integer, intent(in) :: index
        character(len=:), allocatable :: name
        type(genhep_column) :: column
        call genhep_check(genhep_model_column(model, int(index - 1, c_int64_t), column))
        name = genhep_f(column%name)
    end function genhep_model_column_name

    !> Name of column `index` (from 1) of a dataset.
    function genhep_dataset_column_name(dataset, index) result(name)
        type(c_ptr), intent(in) :: dataset
        integer, intent(in) :: index
        character(len=:), allocatable :: name
        type(genhep_column) :: column
        call genhep_check(genhep_dataset_column(dataset, int(index - 1, c_int64_t), column))
        name = genhep_f(column%name)
    end function genhep_dataset_column_name

    !> A dataset from values(D,N), with D column names (trailing blanks dropped) and, if given, D units and N weights.
    function genhep_dataset_from(names, values, dataset, units, weights) result(status)
        character(len=*), intent(in) :: names(:)
        real(c_double), intent(in) :: values(:, :)
        type(c_ptr), intent(out) :: dataset
        character(len=*), intent(in), optional :: units(:)
        real(c_double), intent(in), optional :: weights(:)
        integer(c_int32_t) :: status
        character(kind=c_char, len=len(names) + 1), target :: name(size(names))
        character(kind=c_char, len=64), target :: unit(size(names)) ! a longer unit is cut
        type(c_ptr) :: name_pointer(size(names)), unit_pointer(size(names))
        integer(c_int64_t) :: d, n
        integer :: i
        d = size(values, 1, c_int64_t)
        n = size(values, 2, c_int64_t)
        dataset = c_null_ptr
        unit_pointer = c_null_ptr
        status = GENHEP_E_ARG
        if (size(names, kind=c_int64_t) /= d) return
        if (present(weights)) then
            if (size(weights, kind=c_int64_t) /= n) return
        end if
        do i = 1, size(names)
            name(i) = trim(names(i)) // c_null_char
            name_pointer(i) = c_loc(name(i))
        end do
        if (present(units)) then
            if (size(units, kind=c_int64_t) /= d) return
            do i = 1, size(units)
                unit(i) = trim(units(i))
                unit(i)(min(len_trim(units(i)) + 1, len(unit)):) = c_null_char
                unit_pointer(i) = c_loc(unit(i))
            end do
        end if
        if (present(weights)) then
            status = genhep_dataset_from_arrays(c_null_ptr, n, d, name_pointer, unit_pointer, values, d, weights, &
                                                dataset)
        else
            status = genhep_dataset_from_arrays(c_null_ptr, n, d, name_pointer, unit_pointer, values, d, &
                                                dataset=dataset)
        end if
    end function genhep_dataset_from

    function draw_double(sampler, events, cond) result(status)
        type(c_ptr), intent(in) :: sampler
        real(c_double), intent(out), contiguous :: events(:, :)
        real(c_double), intent(in), contiguous, optional :: cond(:, :)
        integer(c_int32_t) :: status
        integer(c_int64_t) :: d, n
        d = size(events, 1, c_int64_t)
        n = size(events, 2, c_int64_t)
        if (.not. present(cond)) then
            status = genhep_sampler_draw_double(sampler, n, cond_stride=0_c_int64_t, events=events, stride=d, &
                                                capacity=d * n)
        else if (size(cond, 2, c_int64_t) /= n) then
            status = GENHEP_E_SHAPE
        else
            status = genhep_sampler_draw_double(sampler, n, cond, size(cond, 1, c_int64_t), events, d, d * n)
        end if
    end function draw_double

    function draw_float(sampler, events, cond) result(status)
        type(c_ptr), intent(in) :: sampler
        real(c_float), intent(out), contiguous :: events(:, :)
        real(c_double), intent(in), contiguous, optional :: cond(:, :)
        integer(c_int32_t) :: status
        integer(c_int64_t) :: d, n
        d = size(events, 1, c_int64_t)
        n = size(events, 2, c_int64_t)
        if (.not. present(cond)) then
            status = genhep_sampler_draw_float(sampler, n, cond_stride=0_c_int64_t, events=events, stride=d, &
                                                capacity=d * n)
        else if (size(cond, 2, c_int64_t) /= n) then
            status = GENHEP_E_SHAPE
        else
            status = genhep_sampler_draw_float(sampler, n, cond, size(cond, 1, c_int64_t), events, d, d * n)
        end if
    end function draw_float

    function append_double(writer, events, weights) result(status)
        type(c_ptr), intent(in) :: writer
        real(c_double), intent(in), contiguous :: events(:, :)
        real(c_double), intent(in), contiguous, optional :: weights(:)
        integer(c_int32_t) :: status
        integer(c_int64_t) :: d, n
        d = size(events, 1, c_int64_t)
        n = size(events, 2, c_int64_t)
        if (.not. present(weights)) then
            status = genhep_writer_append_double(writer, n, events, d)
        else if (size(weights, kind=c_int64_t) /= n) then
            status = GENHEP_E_SHAPE
        else
            status = genhep_writer_append_double(writer, n, events, d, weights)
        end if
    end function append_double

    function append_float(writer, events, weights) result(status)
        type(c_ptr), intent(in) :: writer
        real(c_float), intent(in), contiguous :: events(:, :)
        real(c_double), intent(in), contiguous, optional :: weights(:)
        integer(c_int32_t) :: status
        integer(c_int64_t) :: d, n
        d = size(events, 1, c_int64_t)
        n = size(events, 2, c_int64_t)
        if (.not. present(weights)) then
            status = genhep_writer_append_float(writer, n, events, d)
        else if (size(weights, kind=c_int64_t) /= n) then
            status = GENHEP_E_SHAPE
        else
            status = genhep_writer_append_float(writer, n, events, d, weights)
        end if
    end function append_float

    subroutine set_text(options, key, value)
        type(c_ptr), intent(in) :: options
        character(len=*), intent(in) :: key, value
        call genhep_check(genhep_options_set(options, genhep_c(key), genhep_c(value)))
    end subroutine set_text

    subroutine set_int32(options, key, value)
        type(c_ptr), intent(in) :: options
        character(len=*), intent(in) :: key
        integer(c_int32_t), intent(in) :: value
        call genhep_check(genhep_options_set_int(options, genhep_c(key), int(value, c_int64_t)))
    end subroutine set_int32

    subroutine set_int64(options, key, value)
        type(c_ptr), intent(in) :: options
        character(len=*), intent(in) :: key
        integer(c_int64_t), intent(in) :: value
        call genhep_check(genhep_options_set_int(options, genhep_c(key), value))
    end subroutine set_int64

    subroutine set_real(options, key, value)
        type(c_ptr), intent(in) :: options
        character(len=*), intent(in) :: key
        real(c_double), intent(in) :: value
        call genhep_check(genhep_options_set_real(options, genhep_c(key), value))
    end subroutine set_real
end module genhep
