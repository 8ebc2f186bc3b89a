# What `boxcar new` writes builds and runs as it is, holds what it promises, and keeps its word in `boxcar test`.
expect_exit 0 boxcar new processing-container segment
expect_out 'docker build -t segment' 'boxcar test segment' 'boxcar run task.json'
build_image segment segment
cd segment
expect_exit 0 boxcar validate processing-container.json
expect_exit 0 boxcar validate task.json
expect_exit 0 boxcar test segment
expect_out '^ok +summarise'
expect_exit 0 boxcar run task.json
expect_text output/summary.json '{"count": 3, "mean": 2.0}'
expect_exit 0 boxcar run task.json --custom function=sum
expect_text output/summary.json '{"count": 3, "sum": 6.0}'

cd ..
expect_exit 0 boxcar new kliko imager
build_image imager imager
cd imager
expect_exit 0 boxcar test imager --json --set function=mean
expect_json .ok '.tools[0].name == "imager"' '.tools[0].problems == []'
expect_exit 0 boxcar run boxcar.yml
expect_text output/summary.json '{"count": 3, "mean": 2.0}'

cd ..
expect_exit 0 boxcar new stage tomography
build_image tomography tomography
cd tomography
expect_exit 0 boxcar run boxcar.yml
expect_text output/summary.json '{"count": 3, "mean": 2.0}'
