// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {BatchExecutor} from "../src/devnet/BatchExecutor.sol";
import {BatchPrecompile} from "../src/devnet/BatchPrecompile.sol";
import {System} from "./System.sol";

/// @dev What the batches here call.
contract Target {
    error Refused(uint256 number);

    address public lastSender;
    uint256 public total;

    function pay(uint256 number) external payable {
        lastSender = msg.sender;
        total += number;
    }

    function refuse(uint256 number) external pure {
        revert Refused(number);
    }

    function burn() external pure {
        assembly {
            invalid()
        }
    }

    function batchAsContract(address batch) external returns (bool ok, bytes memory answer) {
        return batch.call(
            abi.encodeWithSelector(0x96e292b8, new address[](0), new uint256[](0), new bytes[](0), new uint64[](0))
        );
    }

    function batchDelegated(address batch) external returns (bool ok, bytes memory answer) {
        return batch.delegatecall(
            abi.encodeWithSelector(0x96e292b8, new address[](0), new uint256[](0), new bytes[](0), new uint64[](0))
        );
    }
}

/// @notice Guarantees: every subcall has the batch's caller as sender and payer, batchAll is all or nothing and hands
///         the inner revert through unchanged, the other two go on or stop as the chain does.
contract BatchPrecompileTest is System {
    bytes4 private constant ALL = 0x96e292b8;
    bytes4 private constant SOME = 0x79df4b9c;
    bytes4 private constant UNTIL = 0xcf0491c7;
    uint256 private constant KEY = 0xBEEF;

    Target private target;
    address private account;

    // One batch under construction.
    address[] private to;
    uint256[] private value;
    bytes[] private callData;
    uint64[] private gasLimit;

    function setUp() public override {
        super.setUp();
        target = new Target();
        account = vm.addr(KEY);
        vm.deal(account, 10 ether);
        _lend(account);
    }

    function test_subcalls_keep_the_sender_and_spend_its_balance() external {
        _add(1 ether, _pay(1), 0);
        _add(2 ether, _pay(2), 0);
        vm.expectEmit(BATCH);
        emit BatchPrecompile.SubcallSucceeded(0);
        vm.expectEmit(BATCH);
        emit BatchPrecompile.SubcallSucceeded(1);
        _batch(ALL);
        vm.assertEq(target.lastSender(), account);
        vm.assertEq(target.total(), 3);
        vm.assertEq(address(target).balance, 3 ether);
        vm.assertEq(account.balance, 7 ether);
    }

    function test_batchAll_is_all_or_nothing_and_hands_the_inner_error_through() external {
        _add(1 ether, _pay(1), 0);
        _add(0, abi.encodeCall(Target.refuse, (77)), 0);
        (bool ok, bytes memory answer) = _try(ALL);
        vm.assertEq(ok, false);
        vm.assertEq(answer, abi.encodeWithSelector(Target.Refused.selector, 77));
        vm.assertEq(target.total(), 0);
        vm.assertEq(account.balance, 10 ether);
    }

    function test_batchSome_goes_on_after_a_failure() external {
        _add(0, _pay(1), 0);
        _add(0, abi.encodeCall(Target.refuse, (1)), 0);
        _add(0, _pay(4), 0);
        vm.expectEmit(BATCH);
        emit BatchPrecompile.SubcallSucceeded(0);
        vm.expectEmit(BATCH);
        emit BatchPrecompile.SubcallFailed(1);
        vm.expectEmit(BATCH);
        emit BatchPrecompile.SubcallSucceeded(2);
        _batch(SOME);
        vm.assertEq(target.total(), 5);
    }

    function test_batchSomeUntilFailure_stops_and_keeps_what_was_done() external {
        _add(0, _pay(1), 0);
        _add(0, abi.encodeCall(Target.refuse, (1)), 0);
        _add(0, _pay(4), 0);
        vm.expectEmit(BATCH);
        emit BatchPrecompile.SubcallFailed(1);
        _batch(UNTIL);
        vm.assertEq(target.total(), 1);
    }

    function test_snake_case_names() external {
        _add(0, _pay(1), 0);
        _batch(0xd30c5f76);
        _batch(0xc8e8ae79);
        _batch(0x355116e6);
        vm.assertEq(target.total(), 3);
    }

    function test_short_arrays_mean_zero() external {
        to.push(address(target));
        to.push(STRANGER);
        vm.assertEq(STRANGER.balance, 100 ether);
        callData.push(_pay(6));
        _batch(ALL);
        vm.assertEq(target.total(), 6);
        delete to;
        _batch(ALL); // extra entries beyond `to` are ignored
        vm.assertEq(target.total(), 6);
    }

    function test_a_gas_limit_bounds_its_entry() external {
        _add(0, abi.encodeCall(Target.burn, ()), 50_000);
        _add(0, _pay(1), 200_000);
        vm.expectEmit(BATCH);
        emit BatchPrecompile.SubcallFailed(0);
        _batch(SOME);
        vm.assertEq(target.total(), 1);
        (bool ok, bytes memory answer) = _try(ALL);
        vm.assertEq(ok, false);
        vm.assertEq(answer.length, 0);
    }

    function test_a_gas_limit_above_what_is_left_fails_its_entry() external {
        _add(0, _pay(1), type(uint64).max);
        vm.expectEmit(BATCH);
        emit BatchPrecompile.SubcallFailed(0);
        _batch(SOME);
        vm.assertEq(target.total(), 0);
        (bool ok,) = _try(ALL);
        vm.assertEq(ok, false);
    }

    /// @dev An estimate takes the smallest gas that does not fail: running dry must therefore fail the whole batch.
    function test_an_unlimited_entry_that_runs_dry_fails_the_batch() external {
        _add(0, abi.encodeCall(Target.burn, ()), 0);
        bytes memory data = _encode(SOME);
        vm.prank(account);
        (bool ok,) = BATCH.call{gas: 1_000_000}(data);
        vm.assertEq(ok, false);
    }

    function test_more_value_than_the_account_has_fails_the_entry() external {
        _add(11 ether, _pay(1), 0);
        vm.expectEmit(BATCH);
        emit BatchPrecompile.SubcallFailed(0);
        _batch(SOME);
    }

    function test_limits() external {
        to = new address[](513);
        _refused("Value is too large for length");
        to = new address[](512);
        value = new uint256[](512);
        callData = new bytes[](512);
        gasLimit = new uint64[](512);
        callData[0] = new bytes(65_536);
        _batch(ALL); // exactly at every limit
        delete callData;
        delete gasLimit;
        value = new uint256[](513);
        _refused("Value is too large for length");
        delete value;
        callData = new bytes[](513);
        _refused("Value is too large for length");
        delete callData;
        gasLimit = new uint64[](513);
        _refused("Value is too large for length");
        delete gasLimit;
        callData.push(new bytes(65_537));
        _refused("Value is too large for length");
        callData[0] = "";
        _batch(ALL);
    }

    function test_nesting_has_a_depth() external {
        bytes memory data = _pay(1);
        address callee = address(target);
        for (uint256 i = 0; i < 2; ++i) {
            data = _single(callee, data);
            callee = BATCH;
        }
        vm.prank(account);
        (bool ok,) = BATCH.call(_single(BATCH, data));
        vm.assertEq(ok, true);
        vm.assertEq(target.lastSender(), account);
        vm.prank(account);
        bytes memory answer;
        (ok, answer) = BATCH.call(_single(BATCH, _single(BATCH, data)));
        vm.assertEq(answer, _text("Precompile is called with too high nesting"));
    }

    function test_refusals() external {
        bytes memory data = _encode(ALL);
        vm.prank(account);
        (, bytes memory answer) = BATCH.call{value: 1}(data);
        vm.assertEq(answer, _text("Function is not payable"));
        vm.prank(account);
        (, answer) = BATCH.call(hex"12345678");
        vm.assertEq(answer, _text("Unknown selector"));
        vm.prank(STRANGER);
        (, answer) = BATCH.call(data);
        vm.assertEq(
            answer,
            _text("Batch stand-in: the account has no executor; send through the development network's RPC gateway")
        );
        (, answer) = target.batchAsContract(BATCH);
        vm.assertEq(answer, _text("Function not callable by smart contracts"));
        (, answer) = target.batchDelegated(BATCH);
        vm.assertEq(answer, _text("Cannot be called with DELEGATECALL or CALLCODE"));
    }

    /// @dev The lent code obeys only 0x805: towards anybody else the account stays an account without code.
    function test_a_stranger_cannot_make_the_account_act() external {
        vm.prank(STRANGER);
        (bool ok, bytes memory answer) = account.call(abi.encodePacked(address(target), uint256(1 ether), _pay(9)));
        vm.assertEq(ok, true);
        vm.assertEq(answer.length, 0);
        vm.assertEq(target.total(), 0);
        vm.assertEq(account.balance, 10 ether);
        vm.prank(STRANGER);
        (ok,) = account.call{value: 1 ether}("");
        vm.assertEq(ok, true);
        vm.prank(STRANGER);
        (ok,) = account.call{value: 1 ether}("hello");
        vm.assertEq(ok, true);
        vm.assertEq(account.balance, 12 ether);
    }

    function test_the_account_takes_tokens_and_signs() external view {
        vm.assertEq(
            BatchExecutor(payable(account)).onERC721Received(address(0), address(0), 1, "") == bytes4(0x150b7a02), true
        );
        bytes32 digest = keccak256("text");
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, digest);
        bytes4 yes = IERC1271.isValidSignature.selector;
        vm.assertEq(IERC1271(account).isValidSignature(digest, abi.encodePacked(r, s, v)) == yes, true);
        vm.assertEq(IERC1271(account).isValidSignature(keccak256("other"), abi.encodePacked(r, s, v)) == yes, false);
        vm.assertEq(IERC1271(account).isValidSignature(digest, "short") == yes, false);
    }

    function test_a_batch_registers_and_mints_for_the_account() external {
        to = [address(registry), address(nft)];
        value = [BOND, 0];
        callData.push(abi.encodeCall(registry.register, ()));
        callData.push(abi.encodeCall(nft.mint, (1, account)));
        _batch(ALL);
        vm.assertEq(registry.ownerOf(1), account);
        vm.assertEq(nft.ownerOf(1), account);
    }

    function _lend(address account_) private {
        vm.etch(account_, abi.encodePacked(hex"ef0100", EXECUTOR));
    }

    function _pay(uint256 number) private pure returns (bytes memory) {
        return abi.encodeCall(Target.pay, (number));
    }

    function _add(uint256 value_, bytes memory data, uint64 limit) private {
        to.push(address(target));
        value.push(value_);
        callData.push(data);
        gasLimit.push(limit);
    }

    function _encode(bytes4 selector) private view returns (bytes memory) {
        return abi.encodeWithSelector(selector, to, value, callData, gasLimit);
    }

    function _single(address callee, bytes memory data) private pure returns (bytes memory) {
        address[] memory callees = new address[](1);
        callees[0] = callee;
        bytes[] memory datas = new bytes[](1);
        datas[0] = data;
        return abi.encodeWithSelector(ALL, callees, new uint256[](0), datas, new uint64[](0));
    }

    function _try(bytes4 selector) private returns (bool ok, bytes memory answer) {
        bytes memory data = _encode(selector);
        vm.prank(account);
        return BATCH.call(data);
    }

    function _batch(bytes4 selector) private {
        (bool ok,) = _try(selector);
        vm.assertEq(ok, true);
    }

    function _refused(string memory text) private {
        (bool ok, bytes memory answer) = _try(ALL);
        vm.assertEq(ok, false);
        vm.assertEq(answer, _text(text));
    }
}
