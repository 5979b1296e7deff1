# report.awk -- medians of the lines "program case rate" that run.sh collects, as a table or as the list of targets.
# Variables: what = table | targets, bytes = size of the model file of the first event, busy = 1 when the machine had other
# work: figures with two threads then decide nothing, for either side.
function median(who, name,    n, i, j, t, v) {
    n = count[who, name]
    if (!n) return 0
    for (i = 1; i <= n; i++) v[i] = value[who, name, i]
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && v[j - 1] > v[j]; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
    return n % 2 ? v[(n + 1) / 2] : 0.5 * (v[n / 2] + v[n / 2 + 1])
}
function number(x) { return x ? sprintf(x < 1000 ? "%.4g" : "%.0f", x) : "-" }
function ratio(a, b) { return a && b ? sprintf("%.2f", a / b) : "-" }
function target(text, found, asked, kind,    at_most, met, verdict) {
    at_most = kind == "at most"
    met = at_most ? found <= asked : found >= asked
    if (!found) { verdict = "skipped"; missing++ }
    else if (busy && kind == "two threads") { verdict = "undecided: busy machine"; undecided++ }
    else if (met) { verdict = "pass"; passed++ }
    else { verdict = "miss"; missed++ }
    printf "| %s | %s | %s%g | %s |\n", text, found ? sprintf("%.3g", found) : "-", at_most ? "<= " : ">= ", asked, verdict
}
# Median of one program over the median of another in the same case or in two.
function share(who, name, other, other_name) { return quotient(median(who, name), median(other, other_name)) }
function quotient(a, b) { return a && b ? a / b : 0 }
{ value[$1, $2, ++count[$1, $2]] = $3; if (!($2 in seen)) { seen[$2] = 1; order[++cases] = $2 } }
END {
    if (what == "table") {
        print "| case | genhep | PyTorch eager | PyTorch optimised | matrix products alone | genhep / eager | genhep / optimised | genhep / products |"
        print "|---|---|---|---|---|---|---|---|"
        for (k = 1; k <= cases; k++) {
            c = order[k]
            if (c == "first-event") continue
            reference = c
            if (c ~ /^next/) reference = "draw-" substr(c, 6) "-1-t1" # one event a call is what PyTorch can do
            g = median("genhep", c); e = median("torch-eager", reference); o = median("torch-optimised", reference); s = median("sgemm", c)
            printf "| %s | %s | %s | %s | %s | %s | %s | %s |\n", c, number(g), number(e), number(o), number(s), ratio(g, e), ratio(g, o), ratio(g, s)
        }
        print ""
        printf "Rates per second: events, numbers or steps. "
        if (median("generator", "normal"))
            printf "The float generator inside sampling and training: %.2f ns a normal number. ", 1e9 / median("generator", "normal")
        printf "First event: %.1f ms.\n", 1e3 * median("start", "first-event")
    } else {
        print "| target | found | asked | |"
        print "|---|---|---|---|"
        for (n = 1; n <= 3; n += 2) {
            d = "draw-N" n "-"
            one = "N" n ", 1024 events a call, one thread: "
            target(one "share of the matrix products' rate", share("genhep", d "1024-t1", "sgemm", d "1024-t1"), 0.85, "")
            target(one "times PyTorch", share("genhep", d "1024-t1", "torch-eager", d "1024-t1"), n == 1 ? 1.1 : 1.3, "")
            target("N" n ", 16384 events a call, one thread: times PyTorch",
                   share("genhep", d "16384-t1", "torch-eager", d "16384-t1"), n == 1 ? 1.3 : 1.6, "")
            target("N" n ", 16384 events a call: two threads times one",
                   share("genhep", d "16384-t2", "genhep", d "16384-t1"), 1.6, "two threads")
            target("N" n ", one event a call through _next: times PyTorch at batch 1",
                   share("genhep", "next-N" n, "torch-eager", d "1-t1"), n == 1 ? 12 : 20, "")
        }
        target("normal random number of the generator, ns", quotient(1e9, median("generator", "normal")), 3, "at most")
        target("training step, batch 1024, two threads: times PyTorch",
               share("genhep", "step-N3-t2", "torch-eager", "step-N3-t2"), 1.3, "two threads")
        target(sprintf("first event of a %.2f MB model after the start of the process, ms", bytes / 1e6),
               1e3 * median("start", "first-event"), 20, "at most")
        printf "\n%d of %d targets met, %d missed, %d undecided, %d skipped.\n", passed, passed + missed + undecided + missing, missed,
               undecided, missing
    }
}
