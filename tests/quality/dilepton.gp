# dilepton.gp -- the six features with ratio panels; bins = file of dilepton.py --plot, picture = PNG to write
set terminal pngcairo size 960,620 font "Sans,9" linewidth 1.2
set output picture
steps = "50 40 50 200 50 200"
names = "pT(l0) pT(l1) pT(miss) m(ll) pT(ll) mT"
set multiplot
set style fill solid 0.25 noborder
set tics scale 0.5
do for [k=0:5] {
    left = 0.065 + (k % 3)*0.325; right = left + 0.255; top = 0.975 - (k / 3)*0.5
    set lmargin at screen left; set rmargin at screen right
    set bmargin at screen top - 0.285; set tmargin at screen top
    set logscale y; set format y "10^{%L}"; set yrange [*:*]; set xrange [*:*] noextend
    set format x ""; unset xlabel; set ytics 10; set xtics word(steps, k + 1) + 0
    if (k % 3 == 0) { set ylabel "1/N dN/dx [1/GeV]" } else { unset ylabel }
    set key top right samplen 1.5
    plot bins index k using (($1+$2)/2):3:($2-$1) with boxes lc rgb "#4477aa" title (k == 0 ? "truth" : ""), \
         bins index k using (($1+$2)/2):4 with histeps lc rgb "#cc3311" title (k == 0 ? "GAN" : "")
    set bmargin at screen top - 0.405; set tmargin at screen top - 0.295
    unset logscale y; set format y "%g"; set yrange [0.7:1.3]; set ytics 0.8,0.2,1.2; set format x "%g"
    set xlabel word(names, k + 1)." [GeV]" offset 0,0.4
    if (k % 3 == 0) { set ylabel "ratio" } else { unset ylabel }
    plot 1 lc rgb "#888888" dt 2 notitle, bins index k using (($1+$2)/2):5:6 with yerrorbars pt 7 ps 0.3 lc rgb "#cc3311" notitle
}
unset multiplot
