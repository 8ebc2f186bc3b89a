# Folders that the old Kliko left in .kliko are recognised, and left alone.
make_common_images
mkdir -p .kliko/0123456789ab/ba9876543210/output
echo theirs >.kliko/0123456789ab/ba9876543210/output/file
expect_exit 0 boxcar chain --json test/make
expect_exit 0 boxcar gc --store .kliko --older-than 0s
expect_text .kliko/0123456789ab/ba9876543210/output/file theirs
