#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fakes/stopwatch.h"
#include "fakes/temporary_directory.h"
#include "run/log_reader.h"
#include "run/log_writer.h"

namespace boxcar {
namespace {

using namespace std::string_literals;

class LogTest : public testing::Test {
 protected:
  LogWriter writer(std::uint64_t cap = LogWriter::kDefaultCap, const Redactor* redactor = nullptr) {
    auto log = LogWriter::open(
        directory_ / "a/step.1", [this](Stream, std::string_view line) { shown_.emplace_back(line); }, cap, redactor);
    EXPECT_TRUE(log) << log.error().text();
    return std::move(*log);
  }

  std::vector<LogEntry> entries() {
    std::vector<LogEntry> found;
    auto reader = LogReader::open(path_);
    EXPECT_TRUE(reader);
    EXPECT_TRUE(reader->read([&](const LogEntry& entry) {
      found.push_back(entry);
      return true;
    }));
    return found;
  }

  std::vector<std::string> lines() {
    std::vector<std::string> found;
    for (const LogEntry& entry : entries()) found.push_back(entry.line);
    return found;
  }

  const TemporaryDirectory directory_;
  const std::string path_ = directory_ / "a/step.1/log.jsonl";
  std::vector<std::string> shown_;
};

using Lines = std::vector<std::string>;

TEST_F(LogTest, AnEmptyLogIsThereFromTheStart) {
  LogWriter log = writer();
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_size, 0);
  EXPECT_EQ(status.st_mode & 0777, 0644u);
  EXPECT_TRUE(log.close());
  EXPECT_TRUE(entries().empty());
}

TEST_F(LogTest, SplitsLinesAcrossChunksByStream) {
  LogWriter log = writer();
  log.write(Stream::Out, "one\ntw");
  log.write(Stream::Err, "error in the midst\n");
  log.write(Stream::Out, "o\n\nwindows\r\nno end");
  EXPECT_EQ(lines(), (Lines{"one", "error in the midst", "two", "", "windows"}))
      << "in the file as soon as a line is whole";
  EXPECT_TRUE(log.close());
  const auto found = entries();
  ASSERT_EQ(found.size(), 6u);
  EXPECT_EQ(found[1].stream, Stream::Err);
  EXPECT_EQ(found[2].stream, Stream::Out);
  EXPECT_EQ(found[5].line, "no end");
  EXPECT_EQ(found[0].time.size(), "2026-11-22T14:19:30.123456Z"s.size());
  EXPECT_EQ(shown_, (Lines{"one", "error in the midst", "two", "", "windows", "no end"}));
}

TEST_F(LogTest, KeepsWhatJsonMustEscape) {
  LogWriter log = writer();
  const std::string odd = "nul \0 quote \" back \\ tab \t bell \a esc \x1b[31m é 漢"s;
  log.write(Stream::Out, odd + "\n");
  log.write(Stream::Out, "0123456\x01\n0123456\"\n01234567\\\n\xff\xfe broken \xc3\n");
  EXPECT_TRUE(log.close());
  EXPECT_EQ(lines(), (Lines{odd, "0123456\x01", "0123456\"", "01234567\\", "\uFFFD\uFFFD broken \uFFFD"}));
  EXPECT_NE(read_file(path_)->find("\\u0000"), std::string::npos);
}

TEST_F(LogTest, CutsALongLineIntoPartsWithoutTearingCharacters) {
  LogWriter log = writer();
  std::string line;
  while (line.size() < 200'000) line += "漢";
  line += "the end";
  for (std::size_t at = 0; at < line.size(); at += 4099)
    log.write(Stream::Out, std::string_view(line).substr(at, 4099));
  log.write(Stream::Out, "\nshort\n");
  EXPECT_TRUE(log.close());
  const auto found = entries();
  ASSERT_EQ(found.size(), 5u);
  std::string whole;
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(found[i].part, i < 3);
    EXPECT_LE(found[i].line.size(), LogWriter::kLongestPart);
    whole += found[i].line;
  }
  EXPECT_EQ(whole, line);
  EXPECT_FALSE(found[4].part);
  ASSERT_EQ(shown_.size(), 2u) << "a long line is shown once";
  EXPECT_LE(shown_[0].size(), LogWriter::kLongestShown);
  EXPECT_EQ(line.substr(0, shown_[0].size()), shown_[0]);
  EXPECT_EQ(shown_[0].size() % 3, 0u);
}

TEST_F(LogTest, ALineOfExactlyAPartIsNoPart) {
  LogWriter log = writer();
  log.write(Stream::Out, std::string(LogWriter::kLongestPart, 'x'));
  log.write(Stream::Out, "\n");
  EXPECT_TRUE(log.close());
  const auto found = entries();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_FALSE(found[0].part);
}

TEST_F(LogTest, ALineOfAHundredMegabytesTakesNoMemory) {
  LogWriter log = writer();
  const std::string chunk(1 << 16, 'x');
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  for (int i = 0; i < 1600; ++i) log.write(Stream::Out, chunk);
  EXPECT_TRUE(log.close());
  getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 8 << 10) << "KiB";
  const auto found = entries();
  ASSERT_GT(found.size(), 1000u);
  EXPECT_TRUE(found[0].part);
  EXPECT_TRUE(found.back().note);
}

TEST_F(LogTest, StopsAtItsCapAndSaysSo) {
  LogWriter log = writer(10'000);
  for (int i = 0; i < 1000; ++i) log.write(i % 2 ? Stream::Out : Stream::Err, "a line of output\n");
  log.write(Stream::Out, "unfinished");
  EXPECT_TRUE(log.close());
  const auto found = entries();
  ASSERT_GT(found.size(), 50u);
  EXPECT_TRUE(found.back().note);
  EXPECT_NE(found.back().line.find("full"), std::string::npos);
  EXPECT_FALSE(found[found.size() - 2].note);
  EXPECT_EQ(shown_.size(), found.size()) << "the note is shown, and then nothing more";
  EXPECT_EQ(log.dropped(), (1000 - (found.size() - 1)) * 17 + 10) << "every byte is accounted for";
  EXPECT_LT(read_file(path_)->size(), 10'300u);
}

TEST_F(LogTest, AGigabyteOfShortLinesDrainsFast) {
  LogWriter log = writer();
  std::string chunk;
  while (chunk.size() < 1 << 16) chunk += "y\n";
  const test::Stopwatch watch;
  for (int i = 0; i < 1 << 14; ++i) log.write(Stream::Out, chunk);
  EXPECT_TRUE(log.close());
  // 0.07 s where it was measured.
  EXPECT_LT(watch.seconds(), 3.4 * test::kSlowdown) << "300 MB/s";
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_LE(status.st_size, (64 << 20) + 300);
  EXPECT_GT(status.st_size, (64 << 20) - 300);
  const auto last = last_entries(path_, 3);
  ASSERT_EQ(last.size(), 3u);
  EXPECT_EQ(last[1].line, "y");
  EXPECT_TRUE(last[2].note);
}

TEST_F(LogTest, AFullDiskIsGivenAtTheEnd) {
  LogWriter log = writer();
  ASSERT_TRUE(remove_tree(path_));
  ASSERT_EQ(symlink("/dev/full", path_.c_str()), 0);
  LogWriter full = writer();
  full.write(Stream::Out, "x\n");
  full.write(Stream::Out, "y\n");
  const auto closed = full.close();
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().kind, ErrorKind::Exhausted);
  EXPECT_NE(closed.error().text().find(path_), std::string::npos);
}

TEST_F(LogTest, ReadsOnWhereItStoppedAndWaitsForTheEndOfAnEntry) {
  LogWriter log = writer();
  auto reader = LogReader::open(path_);
  ASSERT_TRUE(reader);
  Lines got;
  const auto collect = [&](const LogEntry& entry) {
    got.push_back(entry.line);
    return true;
  };
  ASSERT_TRUE(reader->read(collect));
  EXPECT_TRUE(got.empty());
  log.write(Stream::Out, "one\n");
  ASSERT_TRUE(reader->read(collect));
  const auto file = open_file(path_, O_WRONLY | O_APPEND);
  ASSERT_TRUE(write_all(file->get(), R"({"time":"t","stream":"stdout","li)"));
  ASSERT_TRUE(reader->read(collect));
  EXPECT_EQ(got, (Lines{"one"})) << "half an entry is none";
  ASSERT_TRUE(write_all(file->get(), "ne\":\"two\"}\nrubbish\n{\"no\":\"line\"}\n[1]\n"));
  ASSERT_TRUE(reader->read(collect));
  EXPECT_EQ(got, (Lines{"one", "two"}));
}

TEST_F(LogTest, TheLastEntriesAreThoseOfTheEnd) {
  EXPECT_TRUE(last_entries(path_, 10).empty()) << "no file";
  LogWriter log = writer();
  for (int i = 0; i < 30'000; ++i) log.write(Stream::Out, fmt::format("line {}\n", i));
  EXPECT_TRUE(log.close());
  const auto last = last_entries(path_, 10'000);  // across more than one block
  ASSERT_EQ(last.size(), 10'000u);
  EXPECT_EQ(last.front().line, "line 20000");
  EXPECT_EQ(last.back().line, "line 29999");
  EXPECT_EQ(last_entries(path_, 100'000).size(), 30'000u);
  const auto file = open_file(path_, O_WRONLY | O_APPEND);
  ASSERT_TRUE(write_all(file->get(), "{\"time\":\"half"));
  EXPECT_EQ(last_entries(path_, 1).back().line, "line 29999");
}

TEST_F(LogTest, SecretsComeIntoNeitherLogNorDisplay) {
  std::vector<Secret> list;
  list.push_back({"TOKEN", "to-ken-42"});
  list.push_back({"KEY", "first line\nsecond line"});
  const Redactor redactor{Secrets(std::move(list))};
  LogWriter log = writer(LogWriter::kDefaultCap, &redactor);
  log.write(Stream::Out, "a to-k");
  log.write(Stream::Err, "other to-ken-42\n");
  log.write(Stream::Out, "en-42 b first line\nsec");
  log.write(Stream::Out, "ond line c\n");
  log.write(Stream::Out, std::string(LogWriter::kLongestPart - 4, 'x') + "to-ken-42\n");
  log.write(Stream::Out, "the end to-ken-4");
  EXPECT_TRUE(log.close());
  const std::string xs(LogWriter::kLongestPart - 4, 'x');
  EXPECT_EQ(lines(), (Lines{"other ***", "a *** b *** c", xs + "***", "the end ***"}));
  EXPECT_EQ(shown_.size(), 4u);
  for (const auto& line : shown_) EXPECT_EQ(line.find("to-k"), std::string::npos);
}

}  // namespace
}  // namespace boxcar
