# Theory points over two latent components, coloured by what they are: mass, width, coupling, cluster. gnuplot -e "data='...'" theory.gp > map.png
set terminal pngcairo size 1000,800 font "sans,11"
set multiplot layout 2,2
set xlabel "component 0"; set ylabel "component 1"; set key off
set palette defined (0 "#2c3e7a", 0.5 "#3aa17e", 1 "#f2c14e")
set title "mass of the Z' [GeV]"; plot data using 1:2:4 with points pt 7 ps 0.7 palette
set title "width/mass [%]"; plot data using 1:2:5 with points pt 7 ps 0.7 palette
set title "coupling"; plot data using 1:2:6 with points pt 7 ps 0.7 palette
set title "cluster"; set palette maxcolors 4; set cbrange [0.5:4.5]; set cbtics 1; plot data using 1:2:7 with points pt 7 ps 0.7 palette
unset multiplot
