"""What is wrong with a formula is said by name, with the formula and a cure."""

import pytest

from glmkit.errors import FormulaError
from glmkit.frame.formula import parse_expression, parse_formula

COLUMNS = ["y", "age", "region", "Solar.R", "a b", "log", "class"]


def refusal(text, columns=COLUMNS, context=()):
    with pytest.raises(FormulaError) as caught:
        parse_formula(text, columns, context)
    return caught.value


def test_a_misspelt_column_is_named_with_the_nearest_one_and_the_list():
    assert str(refusal("y ~ agee", ["y", "age"])) == (
        "`agee` is not a column of the data. In `y ~ agee`. Did you mean `age`? The columns are `y`, `age`."
    )


def test_the_error_carries_the_name_and_the_formula():
    error = refusal("y ~ agee")
    assert (error.name, error.formula) == ("agee", "y ~ agee")


def test_a_column_in_another_case_is_the_nearest():
    assert "Did you mean `Solar.R`?" in str(refusal("y ~ solar.r"))


def test_an_unknown_function_points_to_register():
    assert "gk.register(name, function)" in str(refusal("y ~ hinge(age)"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("y + age", "There is no `~`"),
        ("y ~", "ends too early"),
        ("y ~ age +", "ends too early"),
        ("y ~ age age", "`age` at position 9 is not expected"),
        ("y ~ age ~ region", "A formula has one `~`"),
        ("1 ~ age", "The response names no column"),
        ("y ~ age | region | class", "more than two parts"),
        ("y ~ y", "The response `y` is also on the right-hand side"),
        ("y ~ age*y", "The response `y` is also on the right-hand side"),
        ("y ~ age + 2", "`2` is not a term"),
        ("y ~ 2*age", "`*` crosses terms, and `2` is a number"),
        ("y ~ age/10", "Write I(...) around arithmetic"),
        ("y ~ age:1", "`:` crosses terms, and `1` is a number"),
        ('y ~ "age"', '`"age"` is not a term'),
        ("y ~ TRUE", "`TRUE` is not a term"),
        ("y ~ age^2.5", "`^2.5` is not a power of terms"),
        ("y ~ age^region", "`^region` is not a power of terms"),
        ("y ~ (age + region)^0", "`^0` is not a power of terms"),
        ("y ~ age:offset(region)", "`age:offset(region)` crosses an offset"),
        ("y ~ offset()", "offset() takes one argument"),
        ("y ~ offset(age, region)", "offset() takes one argument"),
        ("y ~ log(offset(age))", "`offset()` is inside another call"),
        ("y ~ log(.)", "It stands for all other columns"),
        ("y ~ sqrt", "`sqrt` is a function, not a column"),
        ("y ~ Treatment", "`Treatment` is a function, not a column"),
        ("y ~ age(region)", "`age` is a column, not a function"),
        ("y ~ region[1]", "Columns cannot be subscripted"),
        ("y ~ I(age<-2)", "write `x < -2` with blanks"),
        ("y ~ age && region", "Write `&`"),
        ("y ~ I(age = 2) + I(age == 2) = 3", "Write `==` to compare"),
        ("y ~ data$age", "Name the column alone"),
        ("y ~ age # note", "Comments are not part of a formula"),
        ("y ~ age %o% region", "%in%, %% and %/%"),
        ("y ~ `age", "A backtick is never closed"),
        ("y ~ ``", "A name in backticks is empty"),
        ("y ~ I('age)", "A string is never closed"),
        ("y ~ Q(age)", "Q() takes one string"),
        ("y ~ 5age", "`age` at position 6 is not expected"),
        ("y ~ age < region < class", "is not expected"),
        ("", "ends too early"),
        ("y ~ contr.treatment(3)", "not a function"),
        ("y ~ C(region, suum)", "`suum` is not a column"),
    ],
)
def test_what_is_wrong_is_said(text, said):
    assert said in str(refusal(text))


def test_control_characters_of_a_formula_are_escaped_in_the_message():
    assert str(refusal("y ~ `\x1b[31m`")).isprintable()


def test_a_formula_that_is_no_text_is_refused():
    with pytest.raises(FormulaError, match="A formula is text, not int"):
        parse_formula(3, COLUMNS)


def test_expressions_check_their_names_too():
    with pytest.raises(FormulaError, match="`holders` is not a column"):
        parse_expression("log(holders)", COLUMNS)
