#include <gtest/gtest.h>

#include <fstream>
#include <optional>

#include "fakes/temporary_directory.hpp"
#include "remora/cli/cli.hpp"

namespace remora::cli {
namespace {

class PreviewCommand : public testing::Test {
 protected:
  int call(const std::vector<std::string>& arguments) {
    Context context;
    context.out = [this](std::string_view text) { out_ += text; };
    context.err = [this](std::string_view text) { err_ += text; };
    Programs programs;
    programs.preview = [this](const PreviewArguments& asked) {
      asked_ = asked;
      return answer_;
    };
    out_.clear();
    err_.clear();
    asked_.reset();
    return dispatch(arguments, context, programs);
  }

  Result<Previewed> answer_ = Previewed{"the report\n", false};
  std::optional<PreviewArguments> asked_;
  std::string out_, err_;
};

TEST_F(PreviewCommand, HandsFileAndFlagsOn) {
  EXPECT_EQ(call({"preview", "task.json"}), 0);
  ASSERT_TRUE(asked_);
  EXPECT_EQ(asked_->file, "task.json");
  EXPECT_FALSE(asked_->json || asked_->verbose);
  EXPECT_EQ(out_, "the report\n");
  EXPECT_EQ(call({"preview", "-v", "task.json", "--json"}), 0);
  EXPECT_TRUE(asked_->json && asked_->verbose);
}

TEST_F(PreviewCommand, EndsWithOneWhenTheDefinitionIsFaulty) {
  answer_ = Previewed{"the report\n", true};
  EXPECT_EQ(call({"preview", "task.json"}), 1);
  EXPECT_EQ(out_, "the report\n");
  EXPECT_EQ(err_, "");
}

TEST_F(PreviewCommand, EndsAsOtherCommandsDoWhenItCannotRead) {
  answer_ = fail(Errc::invalid_config, "task.json: not valid JSON at line 1, column 2");
  EXPECT_EQ(call({"preview", "task.json"}), 255);
  EXPECT_EQ(err_, "Error: task.json: not valid JSON at line 1, column 2\n");
  EXPECT_EQ(out_, "");
}

TEST_F(PreviewCommand, WantsOneFile) {
  EXPECT_EQ(call({"preview"}), 255);
  EXPECT_EQ(err_, "Error: which task definition? \"agent preview FILE\"\n");
  EXPECT_EQ(call({"preview", "a", "b"}), 255);
  EXPECT_FALSE(asked_);
}

TEST_F(PreviewCommand, WritesIntoAFile) {
  const fakes::TemporaryDirectory directory;
  const std::string file = directory.path("report.txt");
  EXPECT_EQ(call({"preview", "task.json", "-o", file}), 0);
  EXPECT_EQ(out_, "");
  std::ifstream written(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(written), {}), "the report\n");
  answer_ = Previewed{"x", true};
  EXPECT_EQ(call({"preview", "task.json", "-o", "/nowhere/report.txt"}), 255);
}

TEST_F(PreviewCommand, HasHelp) {
  EXPECT_EQ(call({"help", "preview"}), 0);
  EXPECT_NE(out_.find("agent preview FILE"), std::string::npos);
  EXPECT_FALSE(asked_);
}

}  // namespace
}  // namespace remora::cli
