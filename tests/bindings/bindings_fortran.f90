! bindings_fortran.f90 -- the Fortran module: sizes of the structures, statuses and messages, every handle once.
!   bindings_fortran EVENTS FOLDER      a table of muon pairs; a folder for what is written
module callbacks
    use genhep
    implicit none
    integer, save :: progress_calls = 0
    integer(c_int64_t), save :: uniform_calls = 0
contains
    function count_progress(user, progress) bind(c) result(stop_now)
        type(c_ptr), value :: user
        type(genhep_progress), intent(in) :: progress
        integer(c_int32_t) :: stop_now
        integer(c_int64_t), pointer :: last
        call c_f_pointer(user, last)
        last = progress%step
        progress_calls = progress_calls + 1
        stop_now = 0
    end function count_progress

    function stop_at_once(user, progress) bind(c) result(stop_now)
        type(c_ptr), value :: user
        type(genhep_progress), intent(in) :: progress
        integer(c_int32_t) :: stop_now
        stop_now = merge(1, 0, progress%step >= 0 .or. c_associated(user))
    end function stop_at_once

    function host_uniform(user) bind(c) result(u)
        type(c_ptr), value :: user
        real(c_double) :: u
        real(c_double) :: number(1)
        if (c_associated(user)) error stop 'host_uniform: unexpected user'
        call genhep_check(genhep_random_uniform(1_c_int64_t, 0_c_int64_t, uniform_calls, 1_c_int64_t, number))
        uniform_calls = uniform_calls + 1
        u = number(1)
    end function host_uniform

    function three_squares(user, n, dim, x, values) bind(c) result(failed)
        type(c_ptr), value :: user
        integer(c_int64_t), value :: n, dim
        real(c_double), intent(in) :: x(dim, n)
        real(c_double), intent(out) :: values(n)
        integer(c_int32_t) :: failed
        values = 3 * x(1, :)**2
        failed = merge(1, 0, c_associated(user))
    end function three_squares
end module callbacks

program bindings_fortran
    use genhep
    use callbacks
    use, intrinsic :: iso_fortran_env, only: error_unit
    implicit none
    character(len=1024) :: path, folder
    type(c_ptr) :: events, model
    integer :: failures = 0
    call get_command_argument(1, path)
    call get_command_argument(2, folder)
    call sizes()
    call options()
    call datasets()
    call genhep_check(genhep_dataset_open(genhep_c(path), c_null_ptr, events))
    call train(events, model)
    call samples(model)
    call writers(model)
    call latents(model)
    call conditions(events)
    call evaluations(model, events)
    call integrals()
    call genhep_model_free(model)
    call genhep_dataset_free(events)
    if (failures > 0) error stop 1
contains

    subroutine expect(good, what)
        logical, intent(in) :: good
        character(len=*), intent(in) :: what
        if (good) return
        failures = failures + 1
        write (error_unit, '(2a)') 'bindings_fortran: expected ', what
    end subroutine expect

    !> Bit for bit.
    elemental function same(a, b)
        real(c_double), intent(in) :: a, b
        logical :: same
        same = transfer(a, 0_c_int64_t) == transfer(b, 0_c_int64_t)
    end function same

    subroutine sizes()
        type(genhep_column) :: column
        type(genhep_option_row) :: row
        type(genhep_allocator) :: allocator
        type(genhep_progress) :: progress
        type(genhep_observable) :: observable
        call expect(column%struct_size == c_sizeof(column), 'the size of genhep_column')
        call expect(row%struct_size == c_sizeof(row), 'the size of genhep_option_row')
        call expect(allocator%struct_size == c_sizeof(allocator), 'the size of genhep_allocator')
        call expect(progress%struct_size == c_sizeof(progress), 'the size of genhep_progress')
        call expect(observable%struct_size == c_sizeof(observable), 'the size of genhep_observable')
        call genhep_check(genhep_option_info(0_c_int64_t, row))
        call expect(genhep_f(row%key) == 'seed' .and. genhep_f(row%default_value) == '1', 'seed as the first option')
        call expect(genhep_f(genhep_version()) == GENHEP_MODULE_VERSION, 'library and module of one version')
        call expect(genhep_f(c_null_ptr) == '', 'no text for no pointer')
    end subroutine sizes

    subroutine options()
        type(c_ptr) :: o, other
        integer(c_int64_t) :: whole
        integer(c_int32_t) :: is_set, status
        call genhep_check(genhep_options_create(o))
        call genhep_set(o, 'train.lr', 0.25_c_double)
        call genhep_set(o, 'train.steps', 12)
        call genhep_set(o, 'seed', 9000000000_c_int64_t)
        call genhep_set(o, 'model.family', 'vae   ')
        call genhep_check(genhep_options_copy(o, other))
        call genhep_options_free(o)
        call genhep_check(genhep_options_get_int(other, genhep_c('seed'), whole))
        call expect(whole == 9000000000_c_int64_t, 'seed 9000000000')
        call expect(genhep_get(other, 'model.family') == 'vae', 'family vae')
        call expect(genhep_get(other, 'data.train') == '', 'no file of events')
        call genhep_check(genhep_options_is_set(other, genhep_c('train.batch'), is_set))
        call expect(is_set == 0, 'train.batch not set')
        status = genhep_options_set(other, genhep_c('tran.lr'), genhep_c('1'))
        call expect(status == GENHEP_E_OPTION .and. index(genhep_message(), 'train.lr') > 0, 'the closest key named')
        call genhep_options_free(other)
    end subroutine options

    subroutine datasets()
        type(c_ptr) :: table, part, weightless, refused
        real(c_double) :: values(2, 3), back(2, 2), weights(3)
        integer(c_int32_t) :: has
        values(1, :) = [1.0_c_double, -3.0_c_double, 5e10_c_double]
        values(2, :) = [2.5_c_double, 4.0_c_double, 0.125_c_double]
        call genhep_check(genhep_dataset_from(['a ', 'bb'], values, table, units=['GeV', '   '], &
                                              weights=[1.0_c_double, -2.0_c_double, 0.5_c_double]))
        call expect(genhep_dataset_events(table) == 3 .and. genhep_dataset_columns(table) == 2, '3 events of 2 columns')
        call expect(genhep_dataset_column_name(table, 1) == 'a', 'column a')
        call expect(genhep_dataset_column_name(table, 2) == 'bb', 'column bb')
        call genhep_check(genhep_dataset_weights(table, weights, 3_c_int64_t, has))
        call expect(has == 1 .and. weights(2) < 0, 'weights of either sign')
        call genhep_check(genhep_dataset_slice(table, 1_c_int64_t, 2_c_int64_t, part))
        call genhep_check(genhep_dataset_values(part, back, 2_c_int64_t, 4_c_int64_t))
        call expect(all(same(back, values(:, 2:3))), 'the last two rows')
        call genhep_check(genhep_dataset_set_attribute(table, genhep_c('process'), genhep_c('toy')))
        call expect(genhep_f(genhep_dataset_attribute(table, genhep_c('process'))) == 'toy', 'the attribute')
        call expect(.not. c_associated(genhep_dataset_attribute(table, genhep_c('other'))), 'no such attribute')
        call genhep_check(genhep_dataset_write(table, genhep_c(trim(folder) // '/fortran.csv'), c_null_ptr))
        call genhep_check(genhep_dataset_from(['x'], values(1:1, :), weightless))
        call genhep_check(genhep_dataset_weights(weightless, weights, 3_c_int64_t))
        call expect(all(same(weights, 1.0_c_double)), 'weights of one where there are none')
        call expect(genhep_dataset_from(['x'], values, refused) == GENHEP_E_ARG, 'one name for two columns refused')
        call genhep_dataset_free(part)
        call genhep_dataset_free(weightless)
        call genhep_dataset_free(table)
    end subroutine datasets

    subroutine train(table, best)
        type(c_ptr), intent(in) :: table
        type(c_ptr), intent(out) :: best
        type(c_ptr) :: o, start, trainer
        type(genhep_progress) :: progress
        integer(c_int64_t), target :: last
        call genhep_check(genhep_options_create(o))
        call genhep_set(o, 'prep', 'tree, quantile')
        call genhep_set(o, 'prep.tree', 'Z: mum mup')
        call genhep_set(o, 'data.masses', 'mum: 0.10566, mup: 0.10566')
        call genhep_set(o, 'train.steps', 60)
        call genhep_set(o, 'train.batch', 256)
        call genhep_set(o, 'train.figure', 'loss')
        call genhep_check(genhep_bvae_create(o, [table], 1_c_int64_t, start))
        call genhep_check(genhep_trainer_create(start, [table], 1_c_int64_t, o, trainer))
        call expect(genhep_trainer_run(trainer, progress=c_funloc(stop_at_once), user=c_null_ptr) == GENHEP_E_USER, &
                    'training stopped by the callback')
        last = -1
        call genhep_check(genhep_trainer_run(trainer, genhep_c(trim(folder) // '/fortran.ckpt'), &
                                             c_funloc(count_progress), c_loc(last)))
        call genhep_check(genhep_trainer_progress(trainer, progress))
        call expect(progress%finished == 1 .and. progress%step == 60, 'all steps done')
        call expect(progress_calls > 0 .and. last == 60, 'the progress callback called to the end')
        call genhep_check(genhep_trainer_model(trainer, GENHEP_BEST, best))
        call genhep_trainer_free(trainer)
        call genhep_model_free(start)
        call genhep_options_free(o)
    end subroutine train

    subroutine samples(trained)
        type(c_ptr), intent(in) :: trained
        type(c_ptr) :: sampler
        real(c_double), allocatable :: all_of_them(:, :)
        real(c_double) :: event(8), host(8, 5), again(8, 5)
        real(c_float) :: single(8, 300)
        integer(c_int64_t) :: at
        integer :: i
        allocate (all_of_them(8, 300))
        call genhep_check(genhep_sampler_create(trained, c_null_ptr, sampler))
        call genhep_check(genhep_draw(sampler, all_of_them))
        call genhep_check(genhep_sampler_seek(sampler, 0_c_int64_t))
        do i = 1, 300
            call genhep_check(genhep_sampler_next(sampler, event=event))
            if (.not. all(same(event, all_of_them(:, i)))) call expect(.false., 'next() to give what draw() gave')
        end do
        call genhep_check(genhep_sampler_tell(sampler, at))
        call expect(at == 300, 'position 300')
        call genhep_check(genhep_sampler_seek(sampler, 0_c_int64_t))
        call genhep_check(genhep_draw(sampler, single))
        call expect(all(abs(single - all_of_them) <= 1e-3 + 1e-6 * abs(all_of_them)), 'float as double')
        call genhep_check(genhep_sampler_set_uniform(sampler, c_funloc(host_uniform), c_null_ptr))
        uniform_calls = 0
        call genhep_check(genhep_draw(sampler, host))
        call expect(uniform_calls > 0, 'random numbers taken from the host')
        call expect(genhep_sampler_seek(sampler, 0_c_int64_t) == GENHEP_E_STATE, 'no way back with the host''s numbers')
        call genhep_sampler_free(sampler)
        call genhep_check(genhep_sampler_create(trained, c_null_ptr, sampler))
        call genhep_check(genhep_sampler_set_uniform(sampler, c_funloc(host_uniform), c_null_ptr))
        uniform_calls = 0
        call genhep_check(genhep_draw(sampler, again))
        call expect(all(same(host, again)), 'the same numbers of the host to give the same events')
        call genhep_sampler_free(sampler)
    end subroutine samples

    !> Drawn and written as they come.
    subroutine writers(trained)
        type(c_ptr), intent(in) :: trained
        type(c_ptr) :: sampler, writer, back, o
        real(c_double) :: event(8, 1), drawn(8, 60), values(8, 63), weights(63)
        real(c_float) :: single(8, 3)
        integer(c_int32_t) :: has
        integer :: i
        call genhep_check(genhep_options_create(o))
        call genhep_set(o, 'data.storage', 'float64')
        call genhep_check(genhep_sampler_create(trained, c_null_ptr, sampler))
        call genhep_check(genhep_writer_create_for_model(trained, genhep_c(trim(folder) // '/pieces.h5'), 1_c_int32_t, o, writer))
        do i = 1, 40
            call genhep_check(genhep_sampler_next(sampler, event=event))
            call genhep_check(genhep_append(writer, event, [real(i - 10, c_double)]))
        end do
        call genhep_check(genhep_draw(sampler, drawn(:, 41:60)))
        call genhep_check(genhep_append(writer, drawn(:, 41:60)))
        call genhep_check(genhep_draw(sampler, single))
        call genhep_check(genhep_append(writer, single, [1.0_c_double, 2.0_c_double, 3.0_c_double]))
        call expect(genhep_append(writer, single, [1.0_c_double]) == GENHEP_E_SHAPE, 'too few weights noticed')
        call expect(genhep_writer_events(writer) == 63, '63 events written')
        call genhep_check(genhep_writer_set_attribute(writer, genhep_c('sigma_pb'), genhep_c('2.5')))
        call genhep_check(genhep_writer_close(writer))
        call genhep_writer_free(writer)
        call genhep_check(genhep_sampler_seek(sampler, 0_c_int64_t))
        call genhep_check(genhep_draw(sampler, drawn))
        call genhep_check(genhep_dataset_open(genhep_c(trim(folder) // '/pieces.h5'), c_null_ptr, back))
        call genhep_check(genhep_dataset_values(back, values, 8_c_int64_t, size(values, kind=c_int64_t)))
        call genhep_check(genhep_dataset_weights(back, weights, 63_c_int64_t, has))
        call expect(all(same(values(:, :60), drawn)), 'events in the file as they were drawn')
        call expect(has == 1 .and. weights(1) < -8.5 .and. all(same(weights(41:61), 1.0_c_double)), 'weights in the file')
        call expect(genhep_f(genhep_dataset_attribute(back, genhep_c('sigma_pb'))) == '2.5', 'the attribute in the file')
        call genhep_dataset_free(back)
        call genhep_sampler_free(sampler)
        call genhep_options_free(o)
    end subroutine writers

    subroutine latents(trained)
        type(c_ptr), intent(in) :: trained
        type(c_ptr) :: sampler, opened
        integer(c_int64_t) :: l
        integer(c_int32_t) :: status
        real(c_double) :: events(8, 20), back(8, 20), density(20)
        real(c_double), allocatable :: mu(:, :), sigma(:, :)
        call genhep_check(genhep_sampler_create(trained, c_null_ptr, sampler))
        call genhep_check(genhep_draw(sampler, events))
        call genhep_sampler_free(sampler)
        l = genhep_model_latents(trained)
        allocate (mu(l, 20), sigma(l, 20))
        call genhep_check(genhep_model_encode(trained, 20_c_int64_t, events, 8_c_int64_t, mu, sigma))
        call genhep_check(genhep_model_encode(trained, 20_c_int64_t, events, 8_c_int64_t, mu))
        call expect(all(sigma > 0), 'positive sigma')
        call genhep_check(genhep_model_decode(trained, 20_c_int64_t, mu, back, 8_c_int64_t))
        call genhep_check(genhep_model_log_density(trained, c_null_ptr, 20_c_int64_t, events, 8_c_int64_t, density))
        call expect(genhep_model_column_name(trained, 1) == 'mum_E' .and. genhep_model_columns(trained) == 8, 'columns')
        call expect(genhep_f(genhep_model_attribute(trained, genhep_c('process'))) == 'zll', 'process zll')
        call genhep_check(genhep_model_verify(trained))
        call genhep_check(genhep_model_save(trained, genhep_c(trim(folder) // '/fortran.h5')))
        call genhep_check(genhep_model_open(genhep_c(trim(folder) // '/fortran.h5'), c_null_ptr, opened))
        call genhep_model_free(opened)
        status = genhep_model_open(genhep_c('missing.h5'), c_null_ptr, opened)
        call expect(status == GENHEP_E_IO, 'a missing file noticed')
        call expect(index(genhep_message(), 'missing.h5') > 0, 'a missing file named')
    end subroutine latents

    subroutine conditions(table)
        type(c_ptr), intent(in) :: table
        type(c_ptr) :: o, start, trainer, given, sampler
        type(genhep_column) :: column
        real(c_double) :: cond(4, 300), events(8, 300), event(8)
        real(c_float) :: single(8, 300)
        integer :: i, j
        call genhep_check(genhep_options_create(o))
        call genhep_set(o, 'data.condition', 'mup_*')
        call genhep_set(o, 'data.masses', 'free')
        call genhep_set(o, 'train.steps', 20)
        call genhep_set(o, 'train.figure', 'loss')
        call genhep_check(genhep_bvae_create(o, [table], 1_c_int64_t, start))
        call genhep_check(genhep_trainer_create(start, [table], 1_c_int64_t, o, trainer))
        call genhep_check(genhep_trainer_step(trainer, 20_c_int64_t))
        call genhep_check(genhep_trainer_model(trainer, GENHEP_BEST, given))
        call expect(genhep_model_conditions(given) == 4, '4 conditions')
        call genhep_check(genhep_model_condition(given, 3_c_int64_t, column))
        call expect(genhep_f(column%name) == 'mup_pz', 'mup_pz as the last condition')
        do i = 1, 300
            do j = 1, 4
                cond(j, i) = real(mod(4 * i + j, 17), c_double)
            end do
        end do
        call genhep_check(genhep_sampler_create(given, c_null_ptr, sampler))
        call genhep_check(genhep_draw(sampler, events, cond))
        call expect(all(same(events(5:8, :), cond)), 'conditions in the events')
        call genhep_check(genhep_sampler_seek(sampler, 0_c_int64_t))
        do i = 1, 40
            call genhep_check(genhep_sampler_next(sampler, cond(:, i), event))
            if (.not. all(same(event, events(:, i)))) call expect(.false., 'next() to give what draw() gave with conditions')
        end do
        call genhep_check(genhep_sampler_seek(sampler, 0_c_int64_t))
        call genhep_check(genhep_draw(sampler, single, cond))
        call expect(all(abs(single(5:8, :) - cond) <= 0), 'conditions in float events')
        call expect(genhep_draw(sampler, events) == GENHEP_E_SHAPE, 'missing conditions noticed')
        call expect(genhep_draw(sampler, events, cond(:, :299)) == GENHEP_E_ARG .or. &
                    genhep_draw(sampler, events, cond(:, :299)) == GENHEP_E_SHAPE, 'too few conditions noticed')
        call genhep_sampler_free(sampler)
        call genhep_model_free(given)
        call genhep_trainer_free(trainer)
        call genhep_model_free(start)
        call genhep_options_free(o)
    end subroutine conditions

    subroutine evaluations(trained, truth)
        type(c_ptr), intent(in) :: trained, truth
        type(c_ptr) :: sampler, generated, evaluation, o
        type(genhep_observable) :: observable
        character(len=6) :: names(8)
        real(c_double), allocatable :: events(:, :)
        real(c_double) :: median
        integer :: j
        allocate (events(8, 2000))
        call genhep_check(genhep_sampler_create(trained, c_null_ptr, sampler))
        call genhep_check(genhep_draw(sampler, events))
        do j = 1, 8
            names(j) = genhep_model_column_name(trained, j)
        end do
        call genhep_check(genhep_dataset_from(names, events, generated))
        call genhep_check(genhep_options_create(o))
        call genhep_set(o, 'evaluate.auc', 'off')
        call genhep_check(genhep_evaluate(truth, generated, c_null_ptr, genhep_c('zmumu'), o, evaluation))
        call genhep_check(genhep_evaluation_figure(evaluation, genhep_c('chi2_ndf_median'), median))
        call expect(median > 0, 'a median of chi2/ndf')
        call genhep_check(genhep_evaluation_observable(evaluation, 0_c_int64_t, observable))
        call expect(observable%bins > 0 .and. len(genhep_f(observable%name)) > 0, 'an observable')
        call expect(index(genhep_f(genhep_evaluation_json(evaluation)), '{') == 1, 'JSON')
        call genhep_evaluation_free(evaluation)
        call genhep_options_free(o)
        call genhep_dataset_free(generated)
        call genhep_sampler_free(sampler)
    end subroutine evaluations

    subroutine integrals()
        type(c_ptr) :: integrator, o
        type(genhep_integral) :: found
        real(c_double) :: points(2, 100), weights(100)
        call expect(found%struct_size == c_sizeof(found), 'the size of genhep_integral')
        call genhep_check(genhep_options_create(o))
        call genhep_set(o, 'train.steps', 100)
        call genhep_set(o, 'integrate.points', 4000)
        call genhep_check(genhep_integrator_create(2_c_int64_t, c_funloc(three_squares), c_null_ptr, o, integrator))
        call genhep_check(genhep_integrator_run(integrator, 20000_c_int64_t, found))
        call expect(abs(found%integral - 1) < 5 * found%error .and. found%error < 0.01_c_double, 'the integral of 3 x^2')
        call genhep_check(genhep_integrator_draw(integrator, 100_c_int64_t, points, 2_c_int64_t, 200_c_int64_t, weights))
        call expect(all(points > 0 .and. points < 1) .and. all(weights > 0), 'weighted points')
        call expect(c_associated(genhep_integrator_model(integrator)), 'a model')
        call genhep_integrator_free(integrator)
        call genhep_options_free(o)
    end subroutine integrals
end program bindings_fortran
