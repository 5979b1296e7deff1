! sample.f90 -- draw events from a model file in Fortran.
!   gfortran "$(pkg-config --variable=includedir genhep)"/genhep/genhep.f90 sample.f90 -o sample -lgenhep
!   ./sample MODEL.h5 N SEED [EVENTS.bin]      EVENTS.bin: N*D doubles, event after event
program sample
    use genhep
    implicit none
    type(c_ptr) :: model, options, sampler
    character(len=1024) :: path, number, output
    real(c_double), allocatable :: events(:, :), event(:)
    real(c_double) :: weight
    integer(c_int64_t) :: n, d, seed
    integer :: j, file

    if (command_argument_count() < 3) error stop 'usage: sample MODEL.h5 N SEED [EVENTS.bin]'
    call get_command_argument(1, path)
    call get_command_argument(2, number)
    read (number, *) n
    call get_command_argument(3, number)
    read (number, *) seed
    call get_command_argument(4, output) ! blank when there is none

    call genhep_check(genhep_model_open(genhep_c(path), c_null_ptr, model))
    call genhep_check(genhep_options_create(options))
    call genhep_set(options, 'seed', seed)
    call genhep_check(genhep_sampler_create(model, options, sampler))
    call genhep_options_free(options) ! the sampler has its own copy

    ! All at once: what C calls (N,D) row-major is events(D,N).
    d = genhep_model_columns(model)
    allocate (events(d, n), event(d))
    call genhep_check(genhep_draw(sampler, events))
    print '(a, i0, a)', 'mean of each column over ', n, ' events'
    do j = 1, int(d)
        print '(a16, f14.5)', genhep_model_column_name(model, j), sum(events(j, :)) / max(1, size(events, 2))
    end do

    ! One by one, as a Monte Carlo code would: event number n follows.
    call genhep_check(genhep_sampler_next(sampler, event=event, weight=weight))
    print '(a, i0, a, f6.3)', 'event ', n, ' has weight ', weight

    if (output /= '') then
        open (newunit=file, file=trim(output), access='stream', form='unformatted', status='replace')
        write (file) events
        close (file)
    end if
    call genhep_sampler_free(sampler) ! before its model
    call genhep_model_free(model)
end program sample
