module example.edu/reports

go 1.26
